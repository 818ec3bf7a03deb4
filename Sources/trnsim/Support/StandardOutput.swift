import Diagnostics

// The C library declares `stdout` as a variable; nothing here ever changes it.
#if canImport(Darwin)
  @preconcurrency import Darwin
#elseif canImport(Musl)
  @preconcurrency import Musl
#else
  @preconcurrency import Glibc
#endif

/// Prints the bytes of a text.
func printBytes(_ bytes: [UInt8]) { fwrite(bytes, 1, bytes.count, stdout) }

/// Throws when standard output did not take all that was printed: a full disk, a closed stream.
func finishOutput() throws(DiagnosticError) {
  let flushed = fflush(stdout)
  let code = errno
  guard flushed != 0 || ferror(stdout) != 0 else { return }
  let reason = flushed != 0 ? ": \(String(cString: strerror(code)))" : ""
  throw DiagnosticError(
    "cannot write to standard output\(reason)", remedy: "free some space, or write to a file")
}
