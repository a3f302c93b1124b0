import Foundation
import Plots

/// Writes a picture to the folder of the examples' pictures, and says where.
public func save(_ picture: Picture, as name: String) throws {
  let folder = URL(fileURLWithPath: ".build/examples")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  let file = folder.appendingPathComponent("\(name).svg")
  try Data(picture.svg.utf8).write(to: file)
  print("picture: .build/examples/\(name).svg")
}

/// A number with some decimals.
public func text(_ x: Double, _ decimals: Int = 2) -> String { String(format: "%.\(decimals)f", x) }

/// Ends the example where what it shows is not so.
public func require(_ condition: Bool, _ message: String) {
  if condition { return }
  fflush(nil)
  fatalError(message)
}
