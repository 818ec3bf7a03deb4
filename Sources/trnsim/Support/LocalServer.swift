import Diagnostics
import Glibc
import Storage

/// A small HTTP server for browsers on this machine: it listens on the loopback interface alone, answers GET and HEAD, and
/// has what it is given.
///
/// Requests that name another host are refused: a page from elsewhere could otherwise have its own name lead here.
final class LocalServer {
  /// What a path leads to.
  struct Resource {
    /// What is sent.
    enum Body {
      case bytes([UInt8])
      /// A file as it is.
      case file(String)
      /// What is in a file, without its compression.
      case content(String)
    }

    var type: String
    var body: Body
    /// Another origin whose pages may read it.
    var sharedWith: String?
  }

  /// Where it listens.
  let port: Int
  private let listener: Int32
  private var connections: [Connection] = []

  private struct Connection {
    var descriptor: Int32
    var request: [UInt8] = []
    var since: Int
  }

  /// Bytes of a request's head, connections at a time, and seconds that a request may take.
  private static let limits = (head: 1 << 14, connections: 64, seconds: 20)

  /// Listens on 127.0.0.1.
  ///
  /// - Parameter port: 0 for any that is free.
  /// - Throws: A `DiagnosticError` if the port is taken or may not be used.
  init(port: Int) throws(DiagnosticError) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(truncatingIfNeeded: port)).bigEndian
    address.sin_addr = in_addr(s_addr: UInt32(0x7f00_0001).bigEndian)
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
    }
    guard descriptor >= 0, isBound == 0, listen(descriptor, 16) == 0 else {
      let code = errno
      if descriptor >= 0 { close(descriptor) }
      throw DiagnosticError(
        "cannot listen on 127.0.0.1:\(port): \(String(cString: strerror(code)))",
        remedy: code == EADDRINUSE
          ? "end what listens there, or give another port: --port 0 takes any that is free"
          : "give another port")
    }
    var own = size
    _ = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &own) }
    }
    listener = descriptor
    self.port = Int(UInt16(bigEndian: address.sin_port))
  }

  deinit {
    for connection in connections { close(connection.descriptor) }
    close(listener)
  }

  /// Answers requests until the user asks for the end.
  ///
  /// - Parameter find: What a path leads to, without its query and decoded; `nil` if there is nothing.
  func run(_ find: (String) -> Resource?) {
    while !Interrupts.isRequested {
      var waiting = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
      waiting += connections.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
      let ready = poll(&waiting, nfds_t(waiting.count), 1000)
      let now = time(nil)
      if ready > 0 {
        for index in connections.indices.reversed() where waiting[index + 1].revents != 0 {
          take(index, find)
        }
        if waiting[0].revents != 0 { accept(at: now) }
      }
      for index in connections.indices.reversed()
      where now - connections[index].since > LocalServer.limits.seconds {
        drop(index)
      }
    }
  }

  private func accept(at now: Int) {
    let descriptor = Glibc.accept(listener, nil, nil)
    guard descriptor >= 0 else { return }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    guard connections.count < LocalServer.limits.connections else {
      close(descriptor)
      return
    }
    // A reader that stops reading does not keep the others waiting.
    var patience = timeval(tv_sec: LocalServer.limits.seconds, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    connections.append(Connection(descriptor: descriptor, since: now))
  }

  private func drop(_ index: Int) {
    close(connections[index].descriptor)
    connections.remove(at: index)
  }

  private func take(_ index: Int, _ find: (String) -> Resource?) {
    var room = [UInt8](repeating: 0, count: 4096)
    let count = recv(connections[index].descriptor, &room, room.count, Int32(MSG_DONTWAIT))
    guard count > 0 else {
      if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
      return drop(index)
    }
    connections[index].request += room[..<count]
    let request = connections[index].request
    guard let end = request.firstRange(of: [13, 10, 13, 10]) else {
      if request.count > LocalServer.limits.head { drop(index) }
      return
    }
    answer(
      String(decoding: request[..<end.lowerBound], as: UTF8.self), connections[index].descriptor,
      find)
    // What a client still sends would otherwise make the system throw the answer away.
    shutdown(connections[index].descriptor, Int32(SHUT_WR))
    drop(index)
  }

  // MARK: - Answers

  private func answer(_ head: String, _ descriptor: Int32, _ find: (String) -> Resource?) {
    let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
    let words = lines[0].split(separator: " ")
    guard words.count == 3, words[2].hasPrefix("HTTP/1.") else {
      return refuse(400, "this is no request of HTTP", descriptor)
    }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...]
        .drop { $0 == " " }.lowercased()
    }
    guard LocalServer.isThisMachine(headers["host"] ?? "") else {
      return refuse(403, "this server is for browsers on its own machine", descriptor)
    }
    let method = words[0]
    guard ["GET", "HEAD", "OPTIONS"].contains(method) else {
      return refuse(405, "GET and HEAD alone", descriptor, ["Allow: GET, HEAD, OPTIONS"])
    }
    let target = words[1].prefix { $0 != "?" && $0 != "#" }
    guard let path = LocalServer.decoded(target), let resource = find(path) else {
      return refuse(404, "there is nothing of that name", descriptor)
    }
    var extra = [
      "X-Content-Type-Options: nosniff", "Cache-Control: no-store", "Connection: close",
    ]
    if let shared = resource.sharedWith {
      extra.append("Vary: Origin")
      if headers["origin"] == shared { extra.append("Access-Control-Allow-Origin: \(shared)") }
    }
    if method == "OPTIONS" {
      // Browsers ask before a page from the network reads from this machine.
      extra += [
        "Access-Control-Allow-Methods: GET, HEAD", "Access-Control-Allow-Private-Network: true",
        "Content-Length: 0",
      ]
      send(LocalServer.head(204, extra), descriptor)
      return
    }
    send(resource, isHead: method == "HEAD", extra, descriptor)
  }

  /// Whether a Host header names this machine.
  private static func isThisMachine(_ host: String) -> Bool {
    let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
    return ["127.0.0.1", "localhost", "[::1]"].contains(name)
  }

  /// The path without escapes; `nil` if it could lead out of a folder.
  static func decoded(_ target: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = target.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      guard rest.count >= 2, let value = UInt8(digits, radix: 16) else { return nil }
      rest = rest.dropFirst(2)
      bytes.append(value)
    }
    let path = String(decoding: bytes, as: UTF8.self)
    guard path.hasPrefix("/"), !path.contains("\0"), !path.contains("\\") else { return nil }
    return path.split(separator: "/").contains { $0 == ".." || $0 == "." } ? nil : path
  }

  private static let reasons = [
    200: "OK", 204: "No Content", 400: "Bad Request", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed",
  ]

  private static func head(_ status: Int, _ lines: [String]) -> [UInt8] {
    let first = "HTTP/1.1 \(status) \(reasons[status] ?? "")"
    return Array(([first] + lines).map { $0 + "\r\n" }.joined().utf8) + [13, 10]
  }

  private func refuse(_ status: Int, _ text: String, _ descriptor: Int32, _ extra: [String] = []) {
    let body = Array((text + "\n").utf8)
    let lines =
      extra + [
        "Content-Type: text/plain; charset=utf-8", "Content-Length: \(body.count)",
        "X-Content-Type-Options: nosniff", "Connection: close",
      ]
    send(LocalServer.head(status, lines) + body, descriptor)
  }

  private func send(
    _ resource: Resource, isHead: Bool, _ extra: [String], _ descriptor: Int32
  ) {
    var lines = ["Content-Type: \(resource.type)"] + extra
    switch resource.body {
    case .bytes(let bytes):
      lines.append("Content-Length: \(bytes.count)")
      guard send(LocalServer.head(200, lines), descriptor), !isHead else { return }
      send(bytes, descriptor)
    case .file(let path), .content(let path):
      guard let reader = try? ContentReader(path: path, decompresses: resource.body.isContent)
      else { return refuse(404, "the file cannot be read", descriptor) }
      // The end of what was compressed is where the connection ends.
      if !reader.isCompressed { lines.append("Content-Length: \(reader.fileSize)") }
      guard send(LocalServer.head(200, lines), descriptor), !isHead else { return }
      var piece: [UInt8] = []
      // A trace that is cut off is sent as far as it goes.
      while (try? reader.read(into: &piece)) == true || !piece.isEmpty {
        guard send(piece, descriptor) else { return }
        piece.removeAll(keepingCapacity: true)
      }
    }
  }

  /// Sends all bytes; false if the client has gone.
  @discardableResult
  private func send(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0 && errno == EINTR && !Interrupts.isRequested { continue }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }
}

extension LocalServer.Resource.Body {
  fileprivate var isContent: Bool { if case .content = self { true } else { false } }
}
