import Suffice
import SufficeTesting
import Testing

@Suite struct FamilyLawTests {
  @Test(arguments: FamilyCatalog.families.map(Family.init))
  func laws(_ family: Family) throws {
    for dimension in [1, 2, 3, 4] { for seed in 1...10 {
      #expect(throws: Never.self) { try checkFamily(family.type, shapes: [dimension].map { FamilyShape(dimension: $0) }, members: 18, seed: UInt64(seed)) }
     }
    }
  }
}
