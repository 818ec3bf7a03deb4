import Device
import Diagnostics
import Programs
import Storage

/// Where the programs of a workload go: a file, one for each core, or standard output.
struct ProgramOutput {
  private let output: String
  private let set: ProgramSet

  /// - Parameter command: Who writes, for messages.
  /// - Throws: `DiagnosticError` for programs of several cores without a file's name.
  init(_ output: String, of set: ProgramSet, _ command: String) throws(DiagnosticError) {
    self.output = output
    self.set = set
    guard output != "-" || set.programs.count == 1 else {
      throw DiagnosticError(
        "'\(set.name)' is \(set.programs.count) programs, one for each core",
        remedy:
          "give a file's name, 'trnsim \(command) … -o NAME.trn', which becomes NAME.0.trn and so on"
      )
    }
  }

  /// Fails, before anything is built or recorded, if the named file is one that the command reads.
  static func requireOwnFile(_ output: String, _ uses: FileUses) throws {
    guard output != "-" else { return }
    var uses = uses
    uses.writes(output, as: "--output")
    try uses.check()
  }

  /// The files: the one that was named, or numbered before the name's extension.
  private var paths: [String] {
    guard set.programs.count > 1 else { return [output] }
    let slash = output.lastIndex(of: "/").map { output.index(after: $0) } ?? output.startIndex
    let dot = output[slash...].firstIndex(of: ".") ?? output.endIndex
    let digits = String(set.programs.count - 1).count
    return set.programs.indices.map { core in
      let number = String(core)
      let padded = String(repeating: "0", count: digits - number.count) + number
      return "\(output[..<dot]).\(padded)\(output[dot...])"
    }
  }

  /// Prints or writes the programs.
  ///
  /// - Parameter uses: What the command reads, none of which is overwritten.
  func write(_ uses: FileUses) throws {
    guard output != "-" else { return set.programs[0].writeText { printBytes($0) } }
    var uses = uses
    for path in paths { uses.writes(path, as: "--output") }
    try uses.check()
    for (path, program) in zip(paths, set.programs) { try ProgramFile.write(program, to: path) }
  }
}
