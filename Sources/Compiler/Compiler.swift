public import Diagnostics
public import Hardware
import ISA
import Machine
public import Programs

/// What the compiler made of a program.
public struct Compiled: Sendable {
  /// The program that the machine gets: every tensor has a place.
  public var program: Program
  /// What each pass did, in order.
  public var passes: [PassResult]
  /// The author's scopes, where the program has none because its order tears them apart.
  package var scopes: SourceScopes?

  init(program: Program, passes: [PassResult], scopes: SourceScopes? = nil) {
    self.program = program
    self.passes = passes
    self.scopes = scopes
  }
}

/// What one pass did.
public struct PassResult: Sendable {
  /// What it moved, removed, hoisted or spilled.
  public struct Change: Hashable, Sendable {
    /// What was done, such as `removed`.
    public var what: String
    /// To how many instructions or tensors, or how many bytes.
    public var count: Int
  }

  /// The pass.
  public var name: String
  /// What it did.
  public var changes: [Change]
  /// Whether instructions are still in the scopes of the source.
  let keepsScopes: Bool
  /// What it left, where `CompilerOptions.keepsPrograms` asks for it.
  let draft: Draft?

  /// The program after it, where `CompilerOptions.keepsPrograms` asks for it; tensors may have no places yet.
  public var program: Program? { draft?.program(keepsScopes: keepsScopes) }
}

/// The vendor's compiler between a kernel's source and what the engines execute, as far as it is known.
public enum Compiler {
  /// Orders, transforms and places a program.
  ///
  /// Explicit dependencies and given addresses are never changed. A program that is placed and keeps its order
  /// comes back as it is.
  /// - Throws: what has no room in SBUF or PSUM, and who has it.
  public static func compile(
    _ program: Program, on hardware: Hardware, options: CompilerOptions = CompilerOptions()
  ) throws(DiagnosticError) -> Compiled {
    let pipeline = Pipeline(options.schedule, metadata: program.metadata)
    let isOpen = program.tensors.contains(where: \.isUnplaced)
    // Who places all tiles schedules by hand as well: the vendor's scheduler is off then.
    let keepsOrder =
      pipeline == .programOrder || program.dependencies == .explicit
      || program.instructions.contains { !$0.after.isEmpty }
      || (pipeline == .secondGeneration && !isOpen)
    let isSecond = program.metadata[Pipeline.generationKey] == "2"
    if keepsOrder && options.descriptors == .prepared && !isSecond {
      guard isOpen else {
        var program = program
        program.metadata[Pipeline.generationKey] = nil
        return Compiled(program: program, passes: [])
      }
    }
    let run = PipelineRun(
      program, TargetMachine(hardware), options, pipeline: keepsOrder ? .programOrder : pipeline)
    do throws(NoRoom) {
      return try run.compiled()
    } catch {
      throw error.diagnostic
    }
  }
}

extension PassResult {
  /// One line for people, such as `merge: 12 merged`.
  public var summary: String {
    "\(name): \(changes.map { "\($0.count) \($0.what)" }.joined(separator: ", "))"
  }
}
