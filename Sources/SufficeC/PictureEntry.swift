import Plots
import Suffice

/// Draws a picture; see suffice.h.
@_cdecl("suffice_picture")
public func suffice_picture(
  _ request: UnsafePointer<CChar>?, _ svg: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  sorted {
    let request = PictureRequest(json: try JSON(parsing: string(request, "the request"), name: "the request"))
    try hand(request.picture().inlineSVG, to: svg)
  }
}

/// What a picture shows, as JSON: what is absent is empty, what is no number is NaN.
private struct PictureRequest {
  let json: JSON

  func picture() throws -> Picture {
    switch text("kind") {
    case "histogram":
      let range = numbers("range")
      return HistogramPlot(
        values: numbers("values"), total: json["total"].map { curve(PictureRequest(json: $0)) },
        components: list("components").map(curve), title: text("title"), xLabel: text("xLabel"),
        range: range.count == 2 && range[0] < range[1] ? range[0]...range[1] : nil
      ).picture()
    case "scatter":
      return ScatterPlot(
        x: numbers("x"), y: numbers("y"), assignments: numbers("labels").map { Int(exactly: $0) ?? 0 },
        ellipses: list("ellipses").map(ellipse), title: text("title"), xLabel: text("xLabel"), yLabel: text("yLabel")
      ).picture()
    case "trace":
      return TracePlot(
        series: list("series").map { TraceSeries(label: $0.text("label"), values: $0.numbers("values")) },
        title: text("title"), yLabel: text("yLabel")
      ).picture()
    default: throw Failure(.argument, "there is no picture \"\(text("kind"))\".")
    }
  }

  private func curve(_ request: PictureRequest) -> DensityCurve {
    let (grid, values) = (request.numbers("grid"), request.numbers("values"))
    let count = min(grid.count, values.count)
    return DensityCurve(
      label: request.text("label"), weight: request.number("weight"), grid: Array(grid.prefix(count)),
      values: Array(values.prefix(count)))
  }

  private func ellipse(_ request: PictureRequest) -> GaussianEllipse {
    let mean = request.numbers("mean") + [.nan, .nan]
    let covariance = request.numbers("covariance") + [.nan, .nan, .nan]
    return GaussianEllipse(
      label: request.text("label"), weight: request.number("weight"), meanX: mean[0], meanY: mean[1],
      sxx: covariance[0], sxy: covariance[1], syy: covariance[2])
  }

  // MARK: Members

  private func text(_ key: String) -> String {
    if case .string(let text)? = json[key] { text } else { "" }
  }

  private func number(_ key: String) -> Double {
    if case .number(let number)? = json[key] { number } else { .nan }
  }

  private func numbers(_ key: String) -> [Double] {
    guard case .array(let values)? = json[key] else { return [] }
    return values.map { if case .number(let number) = $0 { number } else { .nan } }
  }

  private func list(_ key: String) -> [PictureRequest] {
    guard case .array(let values)? = json[key] else { return [] }
    return values.map { PictureRequest(json: $0) }
  }
}
