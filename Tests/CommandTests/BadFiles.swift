extension BadInput {
  private static let program = Array((head + "memset dst=a value=1\n").utf8)

  /// Files that cannot be read or written, whatever they hold.
  static let files: [BadInput] = [
    BadInput(
      "missing file", "show missing.trn",
      "missing.trn: error: cannot read: no such file or directory", "check the path"),
    BadInput(
      "neither kernel nor file", "run rmsnrom", "there is no kernel and no file 'rmsnrom'",
      "did you mean 'rmsnorm'?"),
    BadInput(
      "directory", "run d", [.init(name: "d", content: .directory)],
      "d: error: is a directory, a file is needed"),
    BadInput(
      "empty file", "run p.trn", [.text("p.trn", "")], "p.trn:1:1: error: the program is empty",
      "the first line is 'trnsim program 1'"),
    BadInput(
      "invalid UTF-8", "run p.trn", [.bytes("p.trn", program + [0xC3, 0x28, 0x0A])],
      "p.trn:14:1: error: byte 0xc3 is not UTF-8"),
    BadInput(
      "bytes of anything", "show p.trn",
      [.bytes("p.trn", (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 >> 3) })],
      "p.trn:1:"),
    BadInput(
      "truncated zstd", "run p.trn.zst",
      [
        .init(
          name: "p.trn.zst",
          content: .emitted("softmax --param tokens=2") { Array($0.dropLast(40)) })
      ], "p.trn.zst: error: zstd data ends inside a frame, at byte", "its end is missing"),
    BadInput(
      "corrupted zstd", "run p.trn.zst",
      [
        .init(
          name: "p.trn.zst",
          content: .emitted("softmax --param tokens=2") {
            $0.enumerated().map { $0 == 200 ? ~$1 : $1 }
          })
      ], "p.trn.zst: error: zstd", "its bytes have changed"),
    BadInput(
      "zstd and more", "show p.trn.zst",
      [
        .init(
          name: "p.trn.zst",
          content: .emitted("softmax --param tokens=2") { $0 + Array("more".utf8) })
      ], "p.trn.zst: error: no zstd frame at byte"),
    BadInput(
      "zstd without its magic", "show p.trn.zst",
      [
        .init(
          name: "p.trn.zst",
          content: .emitted("softmax --param tokens=2") {
            [0x28, 0xB5, 0x2F, 0xFE] + $0.dropFirst(4)
          })
      ], "p.trn.zst:1:2: error: byte 0xb5 is not UTF-8"),
    BadInput(
      "zstd of nothing", "run p.trn.zst", [.init(name: "p.trn.zst", content: .zstd([]) { $0 })],
      "p.trn.zst:1:1: error: the program is empty"),
    BadInput(
      "zstd of garbage", "run p.trn.zst",
      [.init(name: "p.trn.zst", content: .zstd([0, 1, 2, 200, 201, 0]) { $0 })],
      "p.trn.zst: error: neither a program text nor a binary program"),
    BadInput(
      "zstd of another text", "run p.trn.zst",
      [.init(name: "p.trn.zst", content: .zstd(Array("hello\n".utf8)) { $0 })],
      "not a program text: the first line must be 'trnsim program 1', found 'hello'"),
    BadInput(
      "zstd of a bad text", "run p.trn.zst",
      [.init(name: "p.trn.zst", content: .zstd(Array((head + "bogus").utf8)) { $0 })],
      "p.trn.zst:13:1: error: there is no operation 'bogus'"),
    BadInput(
      "records of nothing", "show p.trn.zst",
      [.init(name: "p.trn.zst", content: .zstd(Array("trnprog\0".utf8)) { $0 })],
      "p.trn.zst: error:"),
    BadInput(
      "output is a directory", "emit softmax -o d", [.init(name: "d", content: .directory)],
      "d: error: is a directory, cannot be written as a file"),
    BadInput(
      "output in a missing directory", "emit softmax -o d/p.trn",
      "d/p.trn: error: cannot write: No such file or directory", "create the directory first"),
    BadInput(
      "binary in a missing directory", "emit softmax -o d/p.trn.zst",
      "d/p.trn.zst: error: cannot write"),
    BadInput(
      "output below a file", "emit softmax -o f/p.trn", [.text("f", "")],
      "f/p.trn: error: cannot write: Not a directory"),
    BadInput(
      "report in a missing directory", "run softmax --param tokens=1 --json d/r.json",
      "d/r.json: error: cannot write"),
    BadInput(
      "trace in a missing directory", "run softmax --param tokens=1 --trace d/t.zst",
      "d/t.zst: error: cannot write"),
    BadInput(
      "output directory is a file", "run softmax --param tokens=1 --output-dir f", [.text("f", "")],
      "cannot make the directory 'f'"),
    BadInput(
      "full device", "emit softmax -o /dev/full",
      "/dev/full: error: cannot write: No space left on device"),
    BadInput(
      "trace to a full device", "run softmax --param tokens=1 --trace /dev/full",
      "/dev/full: error: cannot write: No space left on device"),
    BadInput(
      "output that leads out of the directory", "run p.trn --output-dir o",
      [
        .text(
          "p.trn",
          "trnsim program 1\nkernel k\ntensor \"../y\": hbm output float32 [1, 1]\ntensor a: sbuf float32 [1, 1] at byte 0\nmemset dst=a value=1\ndma_copy dst=\"../y\" src=a\n"
        )
      ], "output '../y' cannot be the name of a file", "rename it"),
    BadInput(
      "parameters of a program file", "run p.trn --param tokens=1", [.bytes("p.trn", program)],
      "a program file has no parameters"),
  ]
}
