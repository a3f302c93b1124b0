import CKernels
import SpecialFunctions

/// Sweeps over rows; see suffice.h.
@_cdecl("suffice_mixture_sweep")
public func suffice_mixture_sweep(
  _ rows: UnsafeRawPointer?, _ element: Int32, _ rowCount: Int, _ columnCount: Int, _ rowStride: Int,
  _ columnStride: Int, _ rowWeights: UnsafePointer<Double>?, _ form: Int32, _ labels: Int,
  _ center: UnsafePointer<Double>?, _ weights: UnsafePointer<Double>?, _ shifts: UnsafePointer<Double>?,
  _ bias: UnsafePointer<Double>?, _ hard: Int32, _ counts: UnsafeMutablePointer<Double>?,
  _ sums: UnsafeMutablePointer<Double>?, _ total: UnsafeMutablePointer<Double>?,
  _ responsibilities: UnsafeMutablePointer<Double>?, _ logNormalizers: UnsafeMutablePointer<Double>?,
  _ best: UnsafeMutablePointer<Int64>?, _ threads: Int32
) -> Int32 {
  outcome {
    let array = try RowArray(
      rows, element: element, rows: rowCount, columns: columnCount, rowStride: rowStride, columnStride: columnStride)
    guard let form = MixtureSweep.Form(rawValue: form) else {
      throw Failure(.argument, "\(form) is no form of scores; 0 to 4 are.")
    }
    guard let center, let weights, let bias else {
      throw Failure(.argument, "a sweep needs a center, weights and biases.")
    }
    guard labels >= 1, labels <= 1 << 20 else { throw Failure(.argument, "\(labels) labels are not 1 or more.") }
    if shifts == nil && (form == .whitenedFull || form == .whitenedDiagonal) {
      throw Failure(.argument, "the whitened forms need shifts.")
    }
    let sweep = MixtureSweep(
      rows: array, rowWeights: rowWeights, form: form, labels: labels, center: center, weights: weights,
      shifts: shifts, bias: bias, isHard: hard != 0,
      outputs: MixtureSweep.Outputs(
        responsibilities: responsibilities, logNormalizers: logNormalizers, best: best))
    let sum = sweep.run(counts: counts, sums: sums, threads: max(1, Int(threads)))
    total?.pointee = sum
  }
}

/// The digamma function of each element; NaN where an element is not positive.
@_cdecl("suffice_digamma_values")
public func suffice_digamma_values(
  _ values: UnsafePointer<Double>?, _ count: Int, _ result: UnsafeMutablePointer<Double>?
) {
  guard let values, let result else { return }
  for i in 0..<max(count, 0) { result[i] = digamma(values[i]) }
}

/// The logarithm of the gamma function of each element; NaN where an element is not positive.
@_cdecl("suffice_log_gamma_values")
public func suffice_log_gamma_values(
  _ values: UnsafePointer<Double>?, _ count: Int, _ result: UnsafeMutablePointer<Double>?
) {
  guard let values, let result else { return }
  for i in 0..<max(count, 0) { result[i] = logGamma(values[i]) }
}

/// The instruction-set level in force: 0 the platform's baseline, 1 AVX2, 2 AVX-512.
@_cdecl("suffice_instruction_level")
public func suffice_instruction_level() -> Int32 { suffice_level() }
