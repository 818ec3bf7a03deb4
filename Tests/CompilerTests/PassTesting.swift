import Hardware
import ISA
import Programs
import Simulation

@testable import Compiler

/// Tests of passes: programs of a few lines, and what the compiler makes of them.
protocol PassTesting {}

extension PassTesting {
  /// What the first generation's compiler makes of the lines of a program.
  func compiled(
    _ lines: String, on hardware: Hardware? = nil,
    _ change: (inout CompilerOptions) -> Void = { _ in }
  ) throws -> Compiled {
    var options = CompilerOptions()
    options.schedule = .compiler
    options.keepsPrograms = true
    change(&options)
    let text = "trnsim program 1\nkernel k\ndependencies derived\n" + lines
    let program = try Program(text: text, file: "k.trn")
    return try Simulation.compiled(
      program, on: hardware ?? Hardware.load("trn2"), options: options)
  }

  func names(_ program: Program) -> [String] {
    program.instructions.map { Swift.type(of: $0.operation).name }
  }

  func count(_ what: String, _ pass: String, _ compiled: Compiled) -> Int? {
    compiled.passes.last { $0.name == pass }?.changes.first { $0.what == what }?.count
  }

  /// Four passes of an affine loop, each with tiles of its own.
  func passes(_ body: (Int) -> String, kind: String = "affine ") -> String {
    (0..<4).map { "\(kind)scope i=\($0) {\n\(body($0))\n}" }.joined(separator: "\n")
  }

  var tiles: String {
    """
    tensor x: hbm input float32 [128, 512]
    tensor y: hbm output float32 [128, 512]

    """
  }

  func ownTiles(_ names: [String], _ columns: Int = 128) -> String {
    names.flatMap { name in
      (0..<4).map { "tensor \(name)\($0): sbuf float32 [128, \(columns)]\n" }
    }.joined()
  }

  func scaledPasses(_ kind: String) -> String {
    tiles + ownTiles(["a", "b"])
      + passes(
        { pass in
          let columns = "\(pass * 128):\(pass * 128 + 128)"
          return """
              dma_copy dst=a\(pass) src=x[:, \(columns)] @k.py:3
              tensor_scalar dst=b\(pass) data=a\(pass) op0=multiply operand0=3.0 @k.py:4
              dma_copy dst=y[:, \(columns)] src=b\(pass) @k.py:5
            """
        }, kind: kind)
  }
}
