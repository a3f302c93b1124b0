import Foundation
import FoundationXML
import Testing

@testable import Plots

/// A picture read back with an XML parser that knows nothing of how it was written.
final class ParsedPicture: NSObject, XMLParserDelegate {
  struct Element {
    var name: String
    var attributes: [String: String]
    var text = ""
  }

  private(set) var elements: [Element] = []
  private var open: [Int] = []

  init?(_ markup: String) {
    super.init()
    let parser = XMLParser(data: Data(markup.utf8))
    parser.delegate = self
    guard parser.parse(), open.isEmpty else { return nil }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    open.append(elements.count)
    elements.append(Element(name: name, attributes: attributes))
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    open.removeLast()
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    if let index = open.last { elements[index].text += text }
  }

  func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

  var texts: [String] { all("text").map(\.text) }
}

/// Checks what must hold for every picture, whatever it shows.
@discardableResult
func expectSound(
  _ picture: Picture, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
) throws -> ParsedPicture {
  let parsed = try #require(ParsedPicture(picture.svg), comment, sourceLocation: sourceLocation)
  let numeric: Set<String> = [
    "x", "y", "x1", "y1", "cx", "cy", "r", "rx", "ry", "width", "height", "opacity", "fill-opacity",
    "stroke-opacity", "stroke-width", "font-size",
  ]
  for element in parsed.elements {
    #expect(element.attributes["id"] == nil, sourceLocation: sourceLocation)
    for (name, value) in element.attributes {
      if numeric.contains(name) {
        let number = Double(value)
        #expect(number?.isFinite == true, "\(element.name) \(name)=\(value)", sourceLocation: sourceLocation)
        if ["r", "rx", "ry", "width", "height"].contains(name) {
          #expect((number ?? -1) >= 0, "\(element.name) \(name)=\(value)", sourceLocation: sourceLocation)
        }
      } else if ["d", "viewBox", "transform"].contains(name) {
        let words = value.split { " MLCZ(),".contains($0) }.filter { $0 != "rotate" }
        #expect(words.allSatisfy { Double($0)?.isFinite == true }, sourceLocation: sourceLocation)
      }
    }
    if element.name == "text" {
      expectInside(element, picture, sourceLocation: sourceLocation)
    }
  }
  return parsed
}

/// No text may run over the edge of the picture; turned text is measured along its turn.
private func expectInside(_ element: ParsedPicture.Element, _ picture: Picture, sourceLocation: SourceLocation) {
  func number(_ name: String) -> Double { Double(element.attributes[name] ?? "") ?? 0 }
  let isBold = element.attributes["font-weight"] == "bold"
  let width = TextMetrics.width(element.text, size: number("font-size"), bold: isBold)
  let before =
    switch element.attributes["text-anchor"] {
    case "middle": width / 2
    case "end": width
    default: 0.0
    }
  let turn = element.attributes["transform"]?.dropFirst("rotate(".count).split(separator: " ").first
  let angle = (turn.flatMap { Double($0) } ?? 0) * .pi / 180
  for along in [-before, width - before] {
    let x = number("x") + along * cos(angle)
    let y = number("y") + along * sin(angle)
    let isInside = x >= -0.5 && x <= picture.width + 0.5 && y >= 0 && y <= picture.height
    #expect(isInside, "\u{201C}\(element.text)\u{201D} ends at \(x), \(y)", sourceLocation: sourceLocation)
  }
}

func normal(_ mean: Double, _ deviation: Double) -> @Sendable (Double) -> Double {
  { place in
    let z = (place - mean) / deviation
    return exp(-0.5 * z * z) / deviation / (2 * Double.pi).squareRoot()
  }
}

/// Values that look random and are the same in every run.
func scattered(_ count: Int) -> [Double] {
  (0..<count).map { (Double($0 + 1) * 0.618_033_988_749_895).truncatingRemainder(dividingBy: 1) }
}
