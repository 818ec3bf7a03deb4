import Device
public import Diagnostics
public import Programs

/// A call of a Python function that launches one NKI kernel.
public struct ScriptCall: Hashable, Sendable, Codable {
  /// An array that it gets; tracing needs its type and shape alone.
  public struct Input: Hashable, Sendable, Codable {
    /// The parameter's name.
    public var name: String
    /// The element type's NKI name.
    public var dtype: String
    /// The extents.
    public var shape: [Int]

    /// Makes an input.
    public init(name: String, dtype: String, shape: [Int]) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
    }
  }

  /// The script's path.
  public var script: String
  /// A function of it: a kernel, or one that calls a kernel.
  public var function: String
  /// The arrays it gets.
  public var inputs: [Input]
  /// What else it gets, by name: Python literals; what is none is a text.
  public var arguments: [String: String]
  /// A built-in configuration's name or the path of a configuration file.
  public var hardware: String
  /// Whose order instructions have, `program` or `compiler`; `nil` leaves it to the kernel's API.
  public var schedule: String?

  /// Makes a call.
  public init(
    script: String, function: String, inputs: [Input], arguments: [String: String],
    hardware: String, schedule: String? = nil
  ) {
    self.script = script
    self.function = function
    self.inputs = inputs
    self.arguments = arguments
    self.hardware = hardware
    self.schedule = schedule
  }
}

extension ScriptCall {
  /// Traces calls: Python runs each script once, calls its functions and says what their kernels do.
  ///
  /// - Returns: By call, the kernel's program (of each of its cores), or what is wrong with the script or the
  ///   call.
  /// - Throws: `DiagnosticError` if there is no Python that could do it.
  public static func trace(
    _ calls: [ScriptCall]
  ) throws -> [ScriptCall: Result<ProgramSet, DiagnosticError>] {
    var found: [ScriptCall: Result<ProgramSet, DiagnosticError>] = [:]
    let byScript = Dictionary(grouping: Set(calls), by: \.script)
    for (script, calls) in byScript.sorted(by: { $0.key < $1.key }) {
      let ordered = calls.sorted { $0.order < $1.order }
      let answers = try PythonTracer.run(Request(calls: ordered), script: script).results
      guard answers.count == ordered.count else {
        throw DiagnosticError(
          "Python answered \(answers.count) of \(ordered.count) calls",
          remedy: "install the package of this version: pip install ./python")
      }
      for (call, answer) in zip(ordered, answers) { found[call] = answer.programSet }
    }
    return found
  }

  /// Python sees the same order whatever the order of the suite.
  private var order: String {
    "\(function) \(inputs) \(arguments.sorted { $0.key < $1.key }) \(hardware) \(schedule ?? "")"
  }
}

/// What Python is asked.
struct Request: Codable {
  var calls: [ScriptCall]
}

/// What it answers: `python/src/trnsim/suites.py` writes it.
struct Response: Decodable {
  struct Answer: Decodable {
    /// The texts of the programs, rank after rank.
    var programs: [String]?
    var coresPerRank: Int?
    var error: String?
    var help: String?

    enum CodingKeys: String, CodingKey {
      case programs, error, help
      case coresPerRank = "cores_per_rank"
    }

    var programSet: Result<ProgramSet, DiagnosticError> {
      guard let programs, let coresPerRank, coresPerRank > 0, !programs.isEmpty,
        programs.count % coresPerRank == 0
      else {
        return .failure(DiagnosticError(error ?? "no kernel was traced", remedy: help))
      }
      do throws(DiagnosticError) {
        var found: [Program] = []
        for text in programs {
          found.append(try Program(utf8: Array(text.utf8), file: "traced program"))
        }
        let layout = CoreLayout(ranks: found.count / coresPerRank, coresPerRank: coresPerRank)
        return .success(ProgramSet(layout: layout, programs: found))
      } catch {
        return .failure(error)
      }
    }
  }

  var results: [Answer]
}
