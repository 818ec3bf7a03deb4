import Compiler
import Programs

extension CoreRun {
  /// Keys of a program's metadata that the compiler leaves there, which are no parameters of the author's.
  public static let compilerKeys: Set = [
    Pipeline.orderKey, Pipeline.savesKey, Pipeline.reloadsKey, Pipeline.rowSumsKey,
  ]

  /// What the compiler did, or is known to do, that the author of a kernel can avoid.
  public var compilerNotes: [String] {
    var notes = missing.map(\.sentence)
    let metadata = program.metadata
    if let saves = metadata[Pipeline.savesKey], let reloads = metadata[Pipeline.reloadsKey] {
      notes.append(
        "more tiles are alive in PSUM than it has banks, and each takes one: Scalar saves \(saves) and reloads \(reloads) of "
          + "them; tiles that are read sooner, or share one tensor, avoid it")
    }
    if let sums = metadata[Pipeline.rowSumsKey] {
      notes.append(
        "activation with reduce_res, \(sums) \(sums == "1" ? "time" : "times"): the first generation's compiler is known to "
          + "make again what leads to it (one kernel took 48 % longer on a trn2, with twice the products and loads), which the "
          + "simulated time does not have; compare with a sum by tensor_reduce")
    }
    return notes
  }
}
