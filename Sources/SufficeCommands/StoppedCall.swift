import ArgumentParser
import Foundation
import Suffice

/// The call that a stopped fit was begun with, as its checkpoint has it: the folder, then the arguments.
///
/// Paths among the arguments are of that folder. The model is in the checkpoint, and so is the seed's whole course: the
/// arguments tell where the data are, how they are read and what is said of the fit.
struct StoppedCall {
  private enum Call {
    case fit(FitCommand)
    case update(UpdateCommand)
  }

  private var call: Call
  private let folder: String
  private let checkpoint: String

  init(_ words: [String], of checkpoint: String) throws {
    self.checkpoint = checkpoint
    guard words.count > 2 else { throw Self.failure(checkpoint, "it has no arguments") }
    folder = words[0]
    let arguments = Array(words[2...])
    do {
      switch words[1] {
      case "update":
        var command = try UpdateCommand.parse(arguments)
        command.table.data = command.table.data.map { Self.path($0, in: words[0]) }
        command.fit.fit = Self.path(command.fit.fit, in: words[0])
        command.fit.model = command.fit.model.map { Self.path($0, in: words[0]) }
        call = .update(command)
      case "fit":
        var command = try FitCommand.parse(arguments)
        command.table.data = command.table.data.map { Self.path($0, in: words[0]) }
        command.start.start = command.start.start.map { Self.path($0, in: words[0]) }
        if command.model.hasSuffix(".swift") { command.model = Self.path(command.model, in: words[0]) }
        call = .fit(command)
      default: throw Self.failure(checkpoint, "it was made by a command \"\(shown(words[1]))\"")
      }
    } catch let error as UsageError {
      throw error
    } catch {
      throw Self.failure(checkpoint, shown(FitCommand.message(for: error)))
    }
  }

  private static func failure(_ checkpoint: String, _ finding: String) -> UsageError {
    UsageError(
      "\(checkpoint): the call that the fit was begun with cannot be repeated by this version of suffice: \(finding). Resume "
        + "it with the version that wrote it, or fit again.")
  }

  /// A path of the folder that the call was made in; "-" and absolute paths stay.
  private static func path(_ path: String, in folder: String) -> String {
    path == "-" || path.hasPrefix("/") ? path : folder + "/" + path
  }

  /// The Swift file of the model, where there is one.
  var modelFile: String? {
    switch call {
    case .fit(let command): command.model.hasSuffix(".swift") ? command.model : nil
    case .update(let command): command.fit.model
    }
  }

  /// The data.
  var data: [String] {
    switch call {
    case .fit(let command): command.table.data
    case .update(let command): command.table.data
    }
  }

  /// Goes on with other threads, where they are given, and says as much and in such a form as is now asked for, where it is.
  mutating func change(_ threads: ThreadOptions, _ said: OutputOptions) {
    func changed(_ options: RunOptions) -> RunOptions {
      var options = options
      if threads.threads != nil { options.threads = threads }
      options.said.json = options.said.json || said.json
      options.said.quiet = options.said.quiet || said.quiet
      return options
    }
    switch call {
    case .fit(var command):
      command.options = changed(command.options)
      call = .fit(command)
    case .update(var command):
      command.options = changed(command.options)
      call = .update(command)
    }
  }

  var options: RunOptions {
    switch call {
    case .fit(let command): command.options
    case .update(let command): command.options
    }
  }

  /// Where the fit was to be written: the place of the checkpoint without its suffix.
  ///
  /// A checkpoint that lies elsewhere than the call said was moved or came from somebody else: it does not choose what file is
  /// written over.
  func defaultOutput(of checkpoint: String) throws -> String {
    let suffix = ".checkpoint"
    guard checkpoint.hasSuffix(suffix), checkpoint.count > suffix.count else {
      throw UsageError(
        "\(checkpoint): the name does not end in \(suffix). Say with --output where the fit is to be written.")
    }
    let output = String(checkpoint.dropLast(suffix.count))
    let original =
      switch call {
      case .fit(let command): command.outputPath
      case .update(let command): command.outputPath
      }
    let isInPlace = FileIdentity(path: checkpoint) == FileIdentity(path: Self.path(original, in: folder) + suffix)
    if !isInPlace && FileIdentity(path: output) != nil {
      throw UsageError(
        "\(checkpoint) is not where it was written, and the fit would replace the file \(output). Say with --output where it is "
          + "to be written.")
    }
    return output
  }

  /// Binds the checkpoint's model to the data.
  func makeSession(
    _ saved: FitCheckpoint, output: String, _ line: ProgressLine
  ) throws -> (FitSession, unused: [String]) {
    switch call {
    case .fit(let command): try command.makeSession(saved.fit.model.graph, output: output, line)
    case .update(let command): try command.makeSession(output: output, line)
    }
  }
}
