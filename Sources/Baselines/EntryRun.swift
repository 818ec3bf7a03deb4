import Diagnostics
import Hardware
import Machine
import Programs
import Reports
import Simulation
import Sweeps
import Workloads

/// What one entry of a suite gives now.
package struct EntryRun: Sendable {
  /// As a baseline keeps it; source places are in it, until it is written.
  var entry: Baseline.Entry
  /// What it ran on; empty until `onMachine` says it.
  var machine = Baseline.Machine(fingerprint: "", values: [:])
  /// Why there are no numbers; `nil` if there are.
  var failure: String?
  /// What the compiler tells, each sentence once.
  var notes: [String] = []

  /// Runs an entry.
  init(_ variant: Variant, _ evaluator: Evaluator) {
    entry = Baseline.Entry()
    entry.subject = variant.subject
    entry.schedule = variant.order.first?.value
    entry.hardware = EntryRun.hardwareKey(variant)
    do {
      let run = try evaluator.run(variant)
      Stage.reporting.enter()
      let program = run.slowestCore.program
      entry.parameters = EntryRun.parameters(
        of: program, isKernel: evaluator.kernels[entry.subject] != nil, isScript: variant.isScript)
      if variant.isScript {
        for setting in variant.parameters { entry.parameters[setting.name] = setting.value }
      }
      entry.program = EntryRun.digest(program)
      if run.cores.count > 1 { entry.cores = run.cores.map { EntryRun.digest($0.program) } }
      guard let measurement = Sweeps.Measurement(Report(run)) else {
        failure = "nothing was timed"
        return
      }
      entry.measurement = measurement
      for note in run.cores.flatMap(\.compilerNotes) where !notes.contains(note) {
        notes.append(note)
      }
      entry.settings = run.settings
    } catch let error as DiagnosticError {
      failure = error.diagnostics.map { finding in
        finding.message + (finding.location.map { " at \($0)" } ?? "")
          + (finding.remedy.map { " (\($0))" } ?? "")
      }.joined(separator: "; ")
    } catch let trap as Trap {
      failure = "\(trap.kind.rawValue): \(trap.message)"
    } catch {
      failure = "\(error)"
    }
  }

  /// An entry that gives nothing.
  init(failure: String) {
    entry = Baseline.Entry()
    self.failure = failure
  }

  /// The same with the values of its machine; as it is where there is no such machine.
  func onMachine(
    of variant: Variant, _ evaluator: Evaluator, _ machines: MachineTable
  ) -> EntryRun {
    guard let hardware = try? evaluator.hardware(variant) else { return self }
    var found = self
    found.machine = machines.machine(EntryRun.hardwareKey(variant), hardware)
    return found
  }

  /// What a baseline says that an entry gave.
  init(_ entry: Baseline.Entry, _ machine: Baseline.Machine?) {
    self.entry = entry
    self.machine = machine ?? Baseline.Machine(fingerprint: "", values: [:])
  }

  static func hardwareKey(_ variant: Variant) -> String {
    variant.machine
  }

  /// What makes two runs of an entry comparable: all parameters of a kernel, what a program file
  /// reads and writes.
  ///
  /// What a script's kernel returns follows from its arguments.
  private static func parameters(
    of program: Program, isKernel: Bool, isScript: Bool
  ) -> [String: String] {
    var found = isKernel ? program.metadata : [:]
    for (role, tensors) in [
      ("input", program.tensors(.input)), ("output", isScript ? [] : program.tensors(.output)),
    ] {
      for (_, tensor) in tensors {
        found["\(role) \(tensor.name)"] = "\(tensor.dtype) \(tensor.shape)"
      }
    }
    return found
  }

  /// 16 hexadecimal digits that change with the instruction stream; source places do not count.
  ///
  /// FNV-1a, 64 bits, over the program's text without its metadata.
  static func digest(_ program: Program) -> String {
    var bare = program
    bare.metadata = [:]
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    bare.writeText(TextOptions(showsLocations: false)) { bytes in
      for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
