protocol StubFamily: ExponentialFamily {}
extension StubFamily {
  public static func statistics(_ shape: FamilyShape) -> [Statistic] { [] }
  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double { 0 }
  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] { [] }
  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool { true }
  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] { value }
  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? { nil }
  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] { [] }
  public static func parameters(_ shape: FamilyShape) -> [Parameter] { [] }
  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] { [] }
  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] { [] }
}
public struct Beta: StubFamily { public static let domain = ValueDomain.unitInterval }
public struct Bernoulli: StubFamily { public static let domain = ValueDomain.binary }
public struct Poisson: StubFamily { public static let domain = ValueDomain.count }
public struct Exponential: StubFamily { public static let domain = ValueDomain.positive }
public struct StickBreaking: StubFamily { public static let domain = ValueDomain.simplex }
