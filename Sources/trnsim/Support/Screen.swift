import Diagnostics
import Reports

/// Where standard output is shown.
var screen: Page { .standardOutput(color: showsColor(.standardOutput)) }

/// Prints what people read, in lines of the screen.
func show(_ blocks: [Block]) { print(blocks.text(on: screen), terminator: "") }

/// Prints a text of long lines, in lines of the screen.
func show(_ text: String) { print(flowed(text, on: screen)) }

/// What a command's help says below its usage, in lines of the screen: paragraphs, and indented lines in columns.
func help(_ text: String) -> String {
  // Every command's help is made before it is known which is asked for.
  let asks: Set = ["help", "-h", "--help", "-help"]
  guard CommandLine.arguments.contains(where: asks.contains) || CommandLine.arguments.count == 1
  else { return text }
  // The library that prints it breaks a line that has all columns of the screen.
  let page = Page.standardOutput()
  return flowed(text, on: Page(width: page.width - 1), joining: true)
}
