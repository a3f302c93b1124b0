import Suffice

/// A fit behind a handle.
final class FitBox {
  let fit: Fit
  init(_ fit: Fit) { self.fit = fit }

  static func open(_ handle: UnsafeRawPointer?) throws -> Fit {
    guard let handle else { throw Failure(.argument, "the fit is NULL.") }
    return Unmanaged<FitBox>.fromOpaque(handle).takeUnretainedValue().fit
  }

  static func hand(_ fit: Fit, to target: UnsafeMutablePointer<UnsafeMutableRawPointer?>?) throws {
    guard let target else { throw Failure(.argument, "there is no place for the fit.") }
    target.pointee = Unmanaged.passRetained(FitBox(fit)).toOpaque()
  }
}

/// Reads a fit file.
@_cdecl("suffice_fit_read")
public func suffice_fit_read(
  _ path: UnsafePointer<CChar>?, _ fit: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
  sorted { try FitBox.hand(FitFile.read(string(path, "the path")), to: fit) }
}

/// Writes a fit file.
@_cdecl("suffice_fit_write")
public func suffice_fit_write(_ fit: UnsafeRawPointer?, _ path: UnsafePointer<CChar>?) -> Int32 {
  sorted { try FitFile.write(FitBox.open(fit), to: string(path, "the path")) }
}

/// Frees a fit.
@_cdecl("suffice_fit_free")
public func suffice_fit_free(_ fit: UnsafeMutableRawPointer?) {
  if let fit { Unmanaged<FitBox>.fromOpaque(fit).release() }
}
