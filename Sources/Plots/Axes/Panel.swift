/// One pair of axes: the ticks, the grid, and the scales that marks are placed with.
struct Panel {
  struct Axis {
    var domain: Domain
    var title = ""
    var wholeNumbers = false
    /// Whether the ticks are labelled; a panel above another leaves that to the lower one.
    var isLabelled = true
  }

  static let tickSize = 12.0
  static let titleSize = 13.0

  let frame: Frame
  let x: LinearScale
  let y: LinearScale
  private let xAxis: Axis
  private let yAxis: Axis
  private let xTicks: Ticks
  private let yTicks: Ticks
  private let titleX: Double

  /// Fits axes and labels into the room; `leftMargin` lines several panels up.
  init(in room: Frame, x xAxis: Axis, y yAxis: Axis, leftMargin: Double? = nil) {
    self.xAxis = xAxis
    self.yAxis = yAxis
    let hasLowerLine = !xAxis.title.isEmpty || (xAxis.isLabelled && Self.mayNeedNote(xAxis))
    let below = (xAxis.isLabelled ? 24.0 : 4) + (hasLowerLine ? 20 : 0)
    var above = 6.0
    var yTicks = Self.verticalTicks(yAxis, height: room.height - below - above)
    if !yTicks.note.isEmpty {
      above = 20
      yTicks = Self.verticalTicks(yAxis, height: room.height - below - above)
    }
    let left = leftMargin ?? Self.leftMargin(yTicks, title: yAxis.title)
    var width = max(room.width - left - 8, 20)
    var xTicks = Self.horizontalTicks(xAxis, width: width)
    // A long label at the right end may reach past the room; the plot gives way by that much.
    let last = TextMetrics.width(xTicks.labels.last ?? "", size: Self.tickSize) / 2
    let end = ((xTicks.values.last ?? 0) - xAxis.domain.lower) / xAxis.domain.width * width
    let excess = end + last - (width + 18)
    if excess > 0 {
      width = max(width - excess, 20)
      xTicks = Self.horizontalTicks(xAxis, width: width)
    }
    let height = max(room.height - below - above, 20)
    frame = Frame(x: room.x + left, y: room.y + above, width: width, height: height)
    self.xTicks = xTicks
    self.yTicks = yTicks
    x = LinearScale(domain: xAxis.domain, start: frame.x, end: frame.right)
    y = LinearScale(domain: yAxis.domain, start: frame.bottom, end: frame.y)
    titleX = room.x + 11
  }

  /// The margin that the tick labels and the title of the vertical axis take up.
  var leftMargin: Double { Self.leftMargin(yTicks, title: yAxis.title) }

  private static func verticalTicks(_ axis: Axis, height: Double) -> Ticks {
    let count = max(2, min(8, Int(max(height, 20) / 36)))
    let choices = (count...max(count, 5)).lazy.map {
      Ticks(axis.domain, atMost: $0, wholeNumbers: axis.wholeNumbers)
    }
    // A scale cannot be read off a single tick, so a low panel gets one more than its height suggests.
    return choices.first { $0.values.count > 1 } ?? choices[choices.startIndex]
  }

  private static func horizontalTicks(_ axis: Axis, width: Double) -> Ticks {
    Ticks.fitting(axis.domain, length: width, fontSize: tickSize, wholeNumbers: axis.wholeNumbers)
  }

  /// Room for the note is kept before the ticks are chosen, since their number depends on the room.
  private static func mayNeedNote(_ axis: Axis) -> Bool {
    (2...11).contains { !Ticks(axis.domain, atMost: $0, wholeNumbers: axis.wholeNumbers).note.isEmpty }
  }

  private static func leftMargin(_ ticks: Ticks, title: String) -> Double {
    let widest = ticks.labels.map { TextMetrics.width($0, size: tickSize) }.max() ?? 0
    return widest + 9 + (title.isEmpty ? 0 : 22)
  }

  /// The grid, to be drawn before the marks.
  func backdrop(verticalGrid: Bool = false) -> [SVGElement] {
    var grid = SVGPath()
    for value in yTicks.values {
      let level = crisp(y(value))
      grid.add(frame.x, level)
      grid.add(frame.right, level)
      grid.lift()
    }
    if verticalGrid {
      for value in xTicks.values {
        let place = crisp(x(value))
        grid.add(place, frame.y)
        grid.add(place, frame.bottom)
        grid.lift()
      }
    }
    return grid.isEmpty ? [] : [grid.stroke(Palette.grid, width: 1)]
  }

  /// Marks cut off at the edges of the plot.
  func clipped(_ marks: [SVGElement]) -> SVGElement {
    // A nested picture clips without an `id`, which a clip path would need and which could collide within a page.
    SVGElement(
      "svg",
      [
        "x": .number(frame.x), "y": .number(frame.y), "width": .number(frame.width),
        "height": .number(frame.height),
        "viewBox": .text(
          [frame.x, frame.y, frame.width, frame.height].map(SVGValue.compact).joined(separator: " ")),
        "overflow": "hidden",
      ], children: marks)
  }

  /// The axis lines, ticks, labels and titles, to be drawn after the marks.
  func axes() -> [SVGElement] {
    var lines = SVGPath()
    lines.add(frame.x, crisp(frame.bottom))
    lines.add(frame.right, crisp(frame.bottom))
    lines.lift()
    var labels: [SVGElement] = []
    for (value, text) in zip(xTicks.values, xTicks.labels) {
      let place = crisp(x(value))
      lines.add(place, frame.bottom)
      lines.add(place, frame.bottom + 4)
      lines.lift()
      if xAxis.isLabelled {
        labels.append(Label(text, size: Self.tickSize, anchor: .middle).at(place, frame.bottom + 18))
      }
    }
    for (value, text) in zip(yTicks.values, yTicks.labels) {
      labels.append(Label(text, size: Self.tickSize, anchor: .end).at(frame.x - 7, y(value) + 4))
    }
    return [lines.stroke(Palette.axis, width: 1)] + labels + titles()
  }

  /// A message in the middle of a plot that has nothing else to show.
  func message(_ text: String) -> SVGElement {
    Label(
      TextMetrics.shortened(text, to: frame.width - 8, size: 14), size: 14, colour: Palette.muted,
      anchor: .middle
    )
    .at(frame.x + frame.width / 2, frame.y + frame.height / 2 + 5)
  }

  private func titles() -> [SVGElement] {
    var elements: [SVGElement] = []
    let noteWidth = xAxis.isLabelled ? TextMetrics.width(xTicks.note, size: Self.tickSize) : 0
    if !xAxis.title.isEmpty {
      // Centred under the axis, the title must also keep clear of the note at the right end.
      let room = frame.width - (noteWidth > 0 ? 2 * noteWidth + 20 : 0)
      let title = TextMetrics.shortened(xAxis.title, to: max(room, 60), size: Self.titleSize)
      elements.append(
        Label(title, size: Self.titleSize, anchor: .middle)
          .at(frame.x + frame.width / 2, frame.bottom + (xAxis.isLabelled ? 38 : 18)))
    }
    if noteWidth > 0 {
      elements.append(
        Label(xTicks.note, size: Self.tickSize, colour: Palette.muted, anchor: .end)
          .at(frame.right, frame.bottom + 38))
    }
    if !yAxis.title.isEmpty {
      let title = TextMetrics.shortened(yAxis.title, to: frame.height + 12, size: Self.titleSize)
      elements.append(
        Label(title, size: Self.titleSize, anchor: .middle)
          .at(titleX, frame.y + frame.height / 2, turned: -90))
    }
    if !yTicks.note.isEmpty {
      elements.append(
        Label(yTicks.note, size: Self.tickSize, colour: Palette.muted).at(frame.x, frame.y - 7))
    }
    return elements
  }

  /// Lines a pixel wide look sharp only when they run along the middle of a row of pixels.
  private func crisp(_ place: Double) -> Double { place.rounded(.down) + 0.5 }
}
