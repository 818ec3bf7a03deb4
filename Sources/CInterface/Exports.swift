import Diagnostics
import Formats
import ISA
import Machine
import Programs
import Reports

// The functions of trnsim.h, which documents them. Results are the exit codes of the command-line tool:
// 0 fine, 1 bad input, 2 a fault of the simulated machine, 64 a misuse of this interface.

let misuse: Int32 = 64

/// Bytes of the longest program, or piece of one, that a caller may hand over: 4 GiB, as files may have.
private let longestProgram: UInt64 = 1 << 32

private func session(_ handle: UnsafeMutableRawPointer?) -> Session? {
  handle.map { Unmanaged<Session>.fromOpaque($0).takeUnretainedValue() }
}

/// Executes a call's body, unless there is no session or it is executing another call.
private func entering<Value>(
  _ handle: UnsafeMutableRawPointer?, otherwise: Value, _ body: (Session) -> Value
) -> Value {
  guard let session = session(handle), session.begin() else { return otherwise }
  defer { session.end() }
  return body(session)
}

func call(
  _ handle: UnsafeMutableRawPointer?, _ body: (Session) throws -> Void
) -> Int32 {
  entering(handle, otherwise: misuse) { session in session.reporting { try body(session) } }
}

func string(_ text: UnsafePointer<CChar>?) -> String? {
  text.map { String(cString: $0) }
}

/// A program's bytes, which must be there.
private func content(
  _ bytes: UnsafePointer<UInt8>?, _ count: UInt64
) throws(DiagnosticError) -> UnsafeBufferPointer<UInt8> {
  guard count <= longestProgram else {
    throw DiagnosticError(
      "\(count) bytes of program, there can be \(longestProgram) at once",
      remedy: "pass the number of bytes, which is not negative")
  }
  return UnsafeBufferPointer(start: bytes, count: Int(count))
}

/// A text as C has it.
private func copied(_ text: String) -> UnsafeMutablePointer<CChar> {
  let bytes = Array(text.utf8CString)
  let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
  copy.update(from: bytes, count: bytes.count)
  return copy
}

/// A text that lives until the session's next text of the same kind; `nil` where there is none.
func lend(
  _ handle: UnsafeMutableRawPointer?, slot: Int, _ text: (Session) throws -> String
) -> UnsafePointer<CChar>? {
  entering(handle, otherwise: nil) { session in
    session.making { try text(session) }.map { session.keep(copied($0), slot: slot) }
  }
}

/// Version of this interface.
@_cdecl("trnsim_abi_version")
public func abiVersion() -> Int32 { 2 }

/// A session without a program.
@_cdecl("trnsim_session_new")
public func sessionNew() -> UnsafeMutableRawPointer {
  Unmanaged.passRetained(Session()).toOpaque()
}

/// Ends a session.
@_cdecl("trnsim_session_free")
public func sessionFree(_ handle: UnsafeMutableRawPointer?) {
  session(handle)?.free()
}

/// Chooses hardware, mode and the like.
@_cdecl("trnsim_session_set")
public func sessionSet(
  _ handle: UnsafeMutableRawPointer?, _ key: UnsafePointer<CChar>?, _ value: UnsafePointer<CChar>?
) -> Int32 {
  guard let key = string(key), let value = string(value) else { return misuse }
  return call(handle) { try $0.set(key, value) }
}

/// Makes room for the programs of several cores.
@_cdecl("trnsim_session_cores")
public func sessionCores(
  _ handle: UnsafeMutableRawPointer?, _ ranks: Int32, _ coresPerRank: Int32
) -> Int32 {
  call(handle) { try $0.spread(ranks: Int(ranks), coresPerRank: Int(coresPerRank)) }
}

/// Chooses the core that later calls are about.
@_cdecl("trnsim_session_select")
public func sessionSelect(_ handle: UnsafeMutableRawPointer?, _ core: Int32) -> Int32 {
  call(handle) { try $0.select(Int(core)) }
}

/// Takes a whole program.
@_cdecl("trnsim_session_load")
public func sessionLoad(
  _ handle: UnsafeMutableRawPointer?, _ bytes: UnsafePointer<UInt8>?, _ count: UInt64,
  _ file: UnsafePointer<CChar>?
) -> Int32 {
  guard bytes != nil || count == 0 else { return misuse }
  return call(handle) {
    try $0.load(Array(try content(bytes, count)), file: string(file) ?? "program")
  }
}

/// Takes more records of a growing program.
@_cdecl("trnsim_session_append")
public func sessionAppend(
  _ handle: UnsafeMutableRawPointer?, _ bytes: UnsafePointer<UInt8>?, _ count: UInt64
) -> Int32 {
  guard bytes != nil || count == 0 else { return misuse }
  return call(handle) { try $0.append(try content(bytes, count)) }
}

/// Lends the memory of an HBM tensor.
@_cdecl("trnsim_session_bind")
public func sessionBind(
  _ handle: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?,
  _ data: UnsafeMutableRawPointer?, _ bytes: UInt64
) -> Int32 {
  guard let name = string(name), data != nil || bytes == 0 else { return misuse }
  return call(handle) { try $0.bind(name, data, bytes: bytes) }
}

/// Checks the program and computes values and time.
@_cdecl("trnsim_session_run")
public func sessionRun(_ handle: UnsafeMutableRawPointer?) -> Int32 {
  call(handle) { try $0.run() }
}

/// Computes values up to an instruction.
@_cdecl("trnsim_session_advance")
public func sessionAdvance(_ handle: UnsafeMutableRawPointer?, _ until: Int64) -> Int32 {
  call(handle) { try $0.advance(to: until < 0 ? nil : Int(until)) }
}

/// Copies a tensor's contents.
@_cdecl("trnsim_session_read")
public func sessionRead(
  _ handle: UnsafeMutableRawPointer?, _ tensor: Int64, _ data: UnsafeMutableRawPointer?,
  _ bytes: UInt64, _ written: UnsafeMutablePointer<UInt8>?
) -> Int32 {
  guard let data else { return misuse }
  return call(handle) { try $0.read(tensor, into: data, bytes: bytes, written: written) }
}

/// A tensor's number.
@_cdecl("trnsim_session_tensor")
public func sessionTensor(
  _ handle: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?
) -> Int64 {
  guard let name = string(name) else { return -1 }
  return entering(handle, otherwise: -1) { session in
    Int64(session.program.tensors.firstIndex { $0.name == name } ?? -1)
  }
}

/// The last run's report as JSON.
@_cdecl("trnsim_session_report")
public func sessionReport(_ handle: UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? {
  lend(handle, slot: 0) { try $0.results().json.text() }
}

/// The last run's report for people.
@_cdecl("trnsim_session_text")
public func sessionText(_ handle: UnsafeMutableRawPointer?, _ color: Int32) -> UnsafePointer<CChar>?
{
  lend(handle, slot: 1) { try $0.results().text(on: .standardOutput(color: color != 0)) }
}

/// What the program consists of, as JSON.
@_cdecl("trnsim_session_describe")
public func sessionDescribe(_ handle: UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? {
  lend(handle, slot: 2) { JSON($0.program).text() }
}

/// The selected core's program as the compiler orders and places it, as text.
@_cdecl("trnsim_session_compiled")
public func sessionCompiled(_ handle: UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? {
  lend(handle, slot: 4) { try $0.compiledProgram().text() }
}

/// The chosen hardware's values, as JSON.
@_cdecl("trnsim_session_hardware")
public func sessionHardware(_ handle: UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? {
  lend(handle, slot: 5) { try $0.hardwareText() }
}

/// What was wrong with the last call, as JSON.
@_cdecl("trnsim_session_errors")
public func sessionErrors(_ handle: UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? {
  lend(handle, slot: 3) { JSON.array($0.errors).text() }
}

/// Why the last run failed, in a form.
@_cdecl("trnsim_session_failure")
public func sessionFailure(
  _ handle: UnsafeMutableRawPointer?, _ form: UnsafePointer<CChar>?
) -> UnsafePointer<CChar>? {
  guard let form = string(form) else { return nil }
  return entering(handle, otherwise: nil) { session in
    guard let text = try? session.failure(form) else { return nil }
    return session.keep(copied(text), slot: 8)
  }
}

/// What the whole time of the last run was spent on, as JSON.
@_cdecl("trnsim_session_critical_path")
public func sessionCriticalPath(_ handle: UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? {
  lend(handle, slot: 9) { try $0.criticalPath() }
}

/// The last run's report with all sections, as JSON.
@_cdecl("trnsim_session_details")
public func sessionDetails(_ handle: UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? {
  lend(handle, slot: 10) { try $0.details() }
}

/// The last run's instructions as rows and time as columns.
@_cdecl("trnsim_session_timeline")
public func sessionTimeline(
  _ handle: UnsafeMutableRawPointer?, _ window: UnsafePointer<CChar>?
) -> UnsafePointer<CChar>? {
  guard let window = string(window) else { return nil }
  return lend(handle, slot: 11) { try $0.timeline(window) }
}

/// Writes a Perfetto trace of the last run.
@_cdecl("trnsim_session_trace")
public func sessionTrace(
  _ handle: UnsafeMutableRawPointer?, _ path: UnsafePointer<CChar>?
) -> Int32 {
  guard let path = string(path) else { return misuse }
  return call(handle) { try $0.writeTrace(to: path) }
}

/// Writes the report of the last run as a page.
@_cdecl("trnsim_session_page")
public func sessionPage(
  _ handle: UnsafeMutableRawPointer?, _ path: UnsafePointer<CChar>?
) -> Int32 {
  guard let path = string(path) else { return misuse }
  return call(handle) { try $0.writePage(to: path) }
}

/// Writes the program to a file.
@_cdecl("trnsim_session_write")
public func sessionWrite(
  _ handle: UnsafeMutableRawPointer?, _ path: UnsafePointer<CChar>?
) -> Int32 {
  guard let path = string(path) else { return misuse }
  return call(handle) { try ProgramFile.write($0.program, to: path) }
}

/// Gets a session's context, an instruction's position, and what is shown.
public typealias PrintCallback =
  @convention(c) (
    UnsafeMutableRawPointer?, Int64, UnsafePointer<CChar>, UnsafePointer<CChar>,
    UnsafePointer<Int64>, Int32, UnsafeRawPointer?, UInt64
  ) -> Void

/// Chooses who gets what `device_print` shows.
@_cdecl("trnsim_session_on_print")
@discardableResult
public func sessionOnPrint(
  _ handle: UnsafeMutableRawPointer?, _ callback: PrintCallback?,
  _ context: UnsafeMutableRawPointer?
) -> Int32 {
  call(handle) { session in
    guard let callback else {
      session.onPrint = nil
      return
    }
    session.onPrint = { instruction, value in
      let shape = value.shape.map { Int64($0) }
      value.bytes.withUnsafeBytes { bytes in
        callback(
          context, Int64(instruction), value.prefix, value.dtype.name, shape, Int32(shape.count),
          bytes.baseAddress, UInt64(bytes.count))
      }
    }
  }
}

/// All operations and their fields, as JSON.
@_cdecl("trnsim_isa")
public func isa() -> UnsafePointer<CChar> { isaText }

/// The operations as JSON; made once, never changed and never freed.
nonisolated(unsafe) private let isaText = UnsafePointer(copied(JSON.isa.text()))
