import Foundation

/// The reference values of Golden/golden.json, written by Golden/make_golden.py.
struct GoldenValues: Decodable {
  struct Special: Decodable {
    let function: String
    let arguments: [Double]
    let dimension: Int
    let value: Digits
  }

  struct Member: Decodable {
    struct Density: Decodable {
      let value: [Double]
      let logDensity: Digits
    }
    struct Divergence: Decodable {
      let parameters: [[Double]]
      let value: Digits
    }
    let family: String
    let dimension: Int
    let inputs: Int
    let parameters: [[Double]]
    let mean: [Digits]
    let entropy: Digits?
    let densities: [Density]
    let divergences: [Divergence]
  }

  struct Increments: Decodable {
    struct Row: Decodable {
      let observation: [Double]
      let value: Digits
    }
    let family: String
    let dimension: Int
    let parameters: [[Double]]
    let rows: [Row]
  }

  /// Thirty decimal digits, rounded to the nearest double.
  struct Digits: Decodable {
    let number: Double
    init(from decoder: any Decoder) throws {
      let text = try decoder.singleValueContainer().decode(String.self)
      guard let number = Double(text) else { throw CocoaError(.fileReadCorruptFile) }
      self.number = number
    }
  }

  let special: [Special]
  let members: [Member]
  let increments: [Increments]

  static func load() throws -> GoldenValues {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let data = try Data(contentsOf: folder.appending(path: "Golden/golden.json"))
    return try JSONDecoder().decode(GoldenValues.self, from: data)
  }
}
