import Foundation
import Storage

/// What one run of the program `trnsim` gave.
struct Outcome {
  /// The exit code, or the negated number of the signal that ended the process.
  var code: Int32
  var output: String
  var errors: String
  /// The files in the directory afterwards, with their contents.
  var files: [String: [UInt8]]
}

/// A directory that goes away with the value that holds it.
final class Scratch: Sendable {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory.appendingPathComponent(
        "trnsim-\(UUID().uuidString)"
      ).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
  }

  func read(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
  }

  /// All files below the directory.
  var files: [String: [UInt8]] {
    var found: [String: [UInt8]] = [:]
    for name in FileManager.default.enumerator(atPath: path)?.compactMap({ $0 as? String }) ?? [] {
      if let bytes = try? read(name) { found[name] = bytes }
    }
    return found
  }
}

/// The program, beside the test bundle in the build directory.
let executable: String = {
  #if canImport(Darwin)
    let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
    let directory = (bundle ?? Bundle.main.bundleURL).deletingLastPathComponent()
  #else
    let directory = Bundle.main.bundleURL
  #endif
  return directory.appendingPathComponent("trnsim").path
}()

/// Lets a few processes run at a time: two for each core, so that none waits for its turn for long.
actor Gate {
  static let shared = Gate()

  private var free = 2 * ProcessInfo.processInfo.activeProcessorCount
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func enter() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  func leave() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}

/// Runs `trnsim` in the directory; ends it by force after a minute.
func trnsim(
  _ arguments: [String], in scratch: Scratch, environment: [String: String] = [:]
) async throws -> Outcome {
  await Gate.shared.enter()
  defer { Task { await Gate.shared.leave() } }
  let process = try start(arguments, in: scratch, environment: environment)
  let deadline = Date(timeIntervalSinceNow: 60)
  while process.process.isRunning {
    if Date() > deadline { process.process.terminate() }
    try await Task.sleep(for: .milliseconds(5))
  }
  return try process.outcome()
}

/// A run under way; its streams go to files, so that it never waits for a reader.
struct Running {
  let process: Process
  let streams: Scratch
  let scratch: Scratch

  func outcome() throws -> Outcome {
    let code = process.terminationStatus
    return Outcome(
      code: process.terminationReason == .uncaughtSignal ? -code : code,
      output: String(decoding: try streams.read("output"), as: UTF8.self),
      errors: String(decoding: try streams.read("errors"), as: UTF8.self), files: scratch.files)
  }
}

/// Starts `trnsim` in the directory.
func start(
  _ arguments: [String], in scratch: Scratch, environment: [String: String] = [:]
) throws -> Running {
  let streams = try Scratch()
  let process = Process()
  process.executableURL = URL(fileURLWithPath: executable)
  process.arguments = arguments
  process.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
  process.environment = ["SWIFT_BACKTRACE": "enable=no"].merging(environment) { $1 }
  process.standardInput = FileHandle.nullDevice
  for name in ["output", "errors"] { try streams.write([], to: name) }
  process.standardOutput = FileHandle(forWritingAtPath: "\(streams.path)/output")
  process.standardError = FileHandle(forWritingAtPath: "\(streams.path)/errors")
  try process.run()
  return Running(process: process, streams: streams, scratch: scratch)
}

/// Contents compressed as one zstd file.
func zstd(_ content: [UInt8], in scratch: Scratch) throws -> [UInt8] {
  let writer = try ZstdWriter(path: "\(scratch.path)/content.zst")
  try writer.append(content)
  try writer.finish()
  let bytes = try scratch.read("content.zst")
  try FileManager.default.removeItem(atPath: "\(scratch.path)/content.zst")
  return bytes
}

/// Runs a script with bash; `$T` is the program.
func shell(_ script: String, in scratch: Scratch) async throws -> (Int32, String) {
  await Gate.shared.enter()
  defer { Task { await Gate.shared.leave() } }
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/bin/bash")
  process.arguments = ["-c", "T=\(executable)\n" + script]
  process.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
  process.environment = ["SWIFT_BACKTRACE": "enable=no", "PATH": "/usr/bin:/bin"]
  process.standardInput = FileHandle.nullDevice
  let streams = try Scratch()
  try streams.write([], to: "errors")
  process.standardError = FileHandle(forWritingAtPath: "\(streams.path)/errors")
  process.standardOutput = FileHandle.nullDevice
  try process.run()
  while process.isRunning { try await Task.sleep(for: .milliseconds(5)) }
  return (process.terminationStatus, String(decoding: try streams.read("errors"), as: UTF8.self))
}
