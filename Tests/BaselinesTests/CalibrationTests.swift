import Compiler
import Diagnostics
import Foundation
import Kernels
import Sweeps
import Testing
import Workloads

@testable import Baselines
@testable import Reports

/// A user's device times beside predictions.
@Suite struct CalibrationTests {
  private func problems(_ text: String, _ name: String = "t.csv") throws -> [String] {
    let folder = try Folder()
    let path = try folder.write(text, to: name)
    do {
      _ = try DeviceTimes(path: path, of: .builtIn)
      return []
    } catch {
      return error.diagnostics.map { finding in
        "\(finding.location?.line ?? 0): \(finding.message)"
      }
    }
  }

  @Test func csvAndYAMLSayTheSame() throws {
    let folder = try Folder()
    try folder.write(threeSteps(), to: "a.trn")
    let csv = try DeviceTimes(
      path: folder.write(
        "measured_us, workload\n12.5, softmax tokens=2\n\n3,a.trn\n", to: "t.csv"), of: .builtIn)
    let yaml = try DeviceTimes(
      path: folder.write(
        """
        times:
          - {workload: softmax tokens=2, measured_us: 12.5}
          - {workload: a.trn, measured_us: 3, hardware: trn2}
        """, to: "t.yaml"), of: .builtIn)
    #expect(csv.rows == yaml.rows)
    #expect(csv.rows.map(\.measured) == [12.5, 3])
    #expect(csv.rows[0].entry.variant.parameters.map(\.text) == ["tokens=2"])
  }

  @Test func badRowsAreNamedWithTheirLines() throws {
    #expect(
      try problems("workload,us\nsoftmax,1\n") == ["1: the table has no column 'measured_us'"])
    #expect(
      try problems(
        "workload,measured_us\nsoftmax,fast\nsoftmx,1\nsoftmax,0\nsoftmax\nsoftmax a,1\n")
        == [
          "5: the row has 1 cells and the header 2", "2: 'fast' is no time",
          "3: there is no kernel, no file 'softmx'", "4: '0' is no time", "6: 'a' is not a setting",
        ])
    #expect(try problems("workload,measured_us\n") == ["0: there are no times"])
    #expect(
      try problems("times:\n  - {workload: softmax, measured: 1}\n", "t.yaml")
        == ["2: a time has no 'measured'"])
  }

  /// A script's kernel is named with the types and shapes of what it gets; what is none is an argument.
  @Test func scriptsKernelsAreCalls() throws {
    let folder = try Folder()
    try folder.write("", to: "mlp.py")
    let times = try DeviceTimes(
      path: folder.write(
        "workload,measured_us\n\"mlp.py:kernel x=bfloat16[128,512] width=64\",12.5\n", to: "t.csv"),
      of: .builtIn)
    let entry = try #require(times.rows.first).entry
    #expect(entry.variant.subject == "mlp.py:kernel" && entry.variant.isScript)
    let call = try #require(try entry.variant.call(beside: times.path))
    #expect(call.script == "\(folder.path)/mlp.py" && call.function == "kernel")
    #expect(
      call.inputs == [ScriptCall.Input(name: "x", dtype: "bfloat16", shape: [128, 512])])
    #expect(call.arguments == ["width": "64"])
    #expect(
      try problems("workload,measured_us\nno.py:f,1\n")
        == ["2: there is no kernel, no file 'no.py'"])
    let bad = try folder.write(
      "workload,measured_us\nmlp.py,1\nmlp.py:f x=float33[2],1\nmlp.py:f x=int8[n],1\n",
      to: "bad.csv")
    do {
      _ = try DeviceTimes(path: bad, of: .builtIn)
      Issue.record("nothing was refused")
    } catch {
      #expect(
        error.diagnostics.map(\.message) == [
          "'mlp.py' is a Python script", "there is no element type 'float33'",
          "nothing says what 'n' is in the shape of input 'x'",
        ])
    }
  }

  private func row(_ measured: Double, _ shares: [Mechanism: Double]) -> Calibration.Row {
    let table = DoubtTable(
      machine: "trn2", stream: .compiled, kernels: 40, families: 8, coverage: 0.9, tie: nil,
      shortest: 1, longest: 1000,
      rows: [
        DoubtTable.Row(
          .every, below: 0.1, above: 0.1, reason: 0.1, most: 1, kernels: 40, families: 8)
      ])
    return Calibration.Row(
      workload: "w", measured: measured, predicted: 10,
      doubt: Doubt(time: 10, shares: shares, table: table))
  }

  /// Devices that take 1 + 2 · pieces times the prediction: ln grows with the pieces' share and with nothing else.
  @Test func theMechanismThatExplainsTheErrorsIsFound() throws {
    let shares = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    let other = [0.5, 0.1, 0.4, 0.2, 0.6, 0.3]
    let found = Calibration(
      zip(shares, other).map {
        row(10 * exp(0.05 + 0.7 * $0), [.every: 1, .pieces: $0, .tensor: $1])
      })
    let best = try #require(found.explanations.first)
    #expect(best.mechanism == .pieces)
    #expect(abs(best.explained - 1) < 1e-9)
    #expect(abs(best.base - 0.05) < 1e-9 && abs(best.slope - 0.7) < 1e-9)
    let text = found.text(on: Page(width: 120)).split(whereSeparator: \.isWhitespace).joined(
      separator: " ")
    #expect(
      text.contains("DMA in pieces below 512 B: 100 %: 1.05 times the prediction without, 2.12"))
    #expect(text.contains("what goes together need not be a cause; no value was changed"))
    #expect(text.contains("1 of 6 measured times are within the interval"))
  }

  /// Whose order instructions have is asked for as in `run` and `check`; what says so itself keeps its own.
  @Test func theCompilersOrderIsAskedFor() throws {
    let folder = try Folder()
    let path = try folder.write("workload,measured_us\nmatmul m=256 n=512 k=512,20\n", to: "t.csv")
    var times = try DeviceTimes(path: path, of: .builtIn)
    let given = try #require(Calibration(times).rows.first)
    #expect(given.doubt.interval?.stream == .given)
    times.prefer(.compiler)
    #expect(times.rows[0].entry.variant.schedule == .compiler)
    let compiled = try #require(Calibration(times).rows.first)
    #expect(compiled.doubt.interval?.stream == .compiled)
    times.prefer(.program)
    #expect(times.rows[0].entry.variant.schedule == .compiler)
  }

  @Test func fewRowsExplainNothing() {
    let found = Calibration([row(10, [.every: 1, .tensor: 0.9]), row(20, [.every: 1, .hbm: 0.5])])
    #expect(found.explanations.isEmpty)
    #expect(found.text().contains("takes 5 workloads or more"))
    #expect(found.rows.map(\.largest) == [.tensor, .hbm])
    #expect(found.rows.map(\.isWithin) == [true, false])
  }

  @Test func kernelsRunAndNothingIsWritten() throws {
    let folder = try Folder()
    let path = try folder.write("workload,measured_us\nsoftmax tokens=2,12.5\n", to: "t.csv")
    let found = try Calibration(DeviceTimes(path: path, of: .builtIn))
    #expect(found.rows.count == 1 && found.rows[0].predicted > 0)
    #expect(folder.names == ["t.csv"])
  }
}
