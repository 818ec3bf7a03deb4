extension BadText {
  static let all: [BadText] = head + tensors + operands + values + structure

  static let head = [
    BadText(
      "!‹›", "the program is empty", "the first line is 'trnsim program 1'"),
    BadText(
      "!‹PK\u{3} junk›\nkernel k",
      "not a program text: the first line must be 'trnsim program 1', found 'PK\u{3} junk'",
      "add that line"),
    BadText(
      "!‹kernel k›",
      "not a program text: the first line must be 'trnsim program 1', found 'kernel k'",
      "add that line"),
    BadText(
      "!trnsim program ‹2›\nkernel k",
      "version 2 of program texts, this trnsim reads version 1", "use a newer trnsim"),
    BadText(
      "!trnsim ‹capture 1›", "expected 'program' after 'trnsim', found 'capture 1'",
      "the first line is 'trnsim program 1'"),
    BadText(
      "!‹›trnsim program 1", "the program has no name", "add a line 'kernel NAME' after the first"),
    BadText("‹kernel› other", "the kernel has a name already, at line 2"),
    BadText("‹trnsim› program 1", "the first line is repeated", "remove it"),
    BadText(
      "dependencies ‹implicit›", "expected derived or explicit, found 'implicit'",
      "derived: from the access patterns; explicit: by after=[…] alone"),
    BadText(
      "meta tokens ‹128›", "expected '=' after the key, found '128'"),
    BadText("meta t = 1\nmeta ‹t› = 2", "'t' is given twice", "remove one"),
    BadText(
      "meta t = a ‹\"›b\"", "'\"' within free text", "put all of it into double quotes"),
  ]

  static let tensors = [
    BadText(
      "tensor ‹a›: hbm float32 [1, 1]", "tensor 'a' is declared twice",
      "the first is at p.trn:5:1"),
    BadText("tensor t ‹hbm› float32 [1]", "expected ':' after the tensor's name, found 'hbm'"),
    BadText(
      "tensor t: ‹sbuff› float32 [1]", "there is no memory 'sbuff'", "did you mean 'sbuf'?"),
    BadText(
      "tensor t: hbm ‹bfloat61› [1]", "there is no element type 'bfloat61'",
      "did you mean 'bfloat16'?"),
    BadText("tensor t: hbm float32 ‹[]›", "a tensor without dimensions", "a scalar is [1, 1]"),
    BadText("tensor t: hbm float32 ‹[4, 0]›", "an extent of 0", "extents start at 1"),
    BadText(
      "tensor t: hbm float32 ‹[9999999999, 9999999999]›",
      "a tensor of more than 70368744177664 elements", "no memory is as large; check the shape"),
    BadText(
      "tensor t: hbm float32 [‹99999999999999999999›]", "an extent does not fit into 64 bits",
      "integers go from -9223372036854775808 to 9223372036854775807"),
    BadText(
      "tensor t: hbm float32 [4 ‹x›]", "expected ',' or ']' in a list, found 'x'"),
    BadText(
      "affine ‹{›", "expected 'scope' after 'affine', found '{'", "as in 'affine scope k=0 {'"),
    BadText(
      "tensor t: sbuf float32 [128, 4] at ‹bank› 2", "expected partition or byte, found 'bank'",
      "a place is 'at partition 0 byte 0x1000'"),
    BadText(
      "tensor t: psum float32 [128, 4] at bank ‹-1›",
      "the bank is -1, must be from 0 to 34359738368",
      "places are counted from 0"),
    BadText(
      "tensor t: sbuf float32 [1, 1] at byte 0 ‹byte› 4", "'byte' is given twice", "remove one"),
    BadText(
      "tensor t: hbm output float32 [1, 64] ‹at› partition 0 byte 4",
      "'t' is in hbm and has no place on chip",
      "remove 'at …', or declare it in sbuf or psum"),
    BadText(
      "tensor t: hbm float32 [1] ‹oops›", "expected the end of the line, found 'oops'",
      "one statement per line"),
  ]

  static let operands = [
    BadText("dma_copy dst=‹aa› src=x", "there is no tensor 'aa'", "did you mean 'a'?"),
    BadText("‹dma_copy› dst=a", "dma_copy needs 'src'", "add src=…"),
    BadText(
      "dma_copy dst=a src=x[‹0:129›, :]", "slice 0:129 exceeds dimension 0 of 'x', which has 128",
      "shorten the slice, or mask the last tile"),
    BadText(
      "dma_copy dst=a src=e[‹8›]", "index 8 is outside dimension 0 of 'e', which has 8",
      "indices go from 0 to 7"),
    BadText(
      "dma_copy dst=a src=x[:, ‹5:5›]", "slice 5:5 is empty",
      "the end is the index after the last"),
    BadText(
      "dma_copy dst=a src=x[:, 0:8:‹0›]", "the step of a slice is 0",
      "steps are positive; .ap([[stride, size], …]) can go backwards"),
    BadText(
      "dma_copy dst=a[‹0:128:2›, :] src=x", "partitions cannot be skipped, the step is 2",
      "use one instruction for each run of partitions"),
    BadText(
      "dma_copy dst=a src=x[:, :, ‹0›]", "slice 3 of 'x', which has 2 dimensions",
      "its shape is [128, 2048]"),
    BadText(
      "dma_copy dst=w[:, :, :, :, :, ‹:›] src=x", "more than 4 free dimensions",
      "index one of them, or use .ap([[stride, size], …])"),
    BadText(
      "dma_copy dst=a.ap(‹[[1, 2], [1, 2], [1, 2], [1, 2], [1, 2]]›) src=x",
      "5 free dimensions, operands have at most 4", "merge dimensions, or split the instruction"),
    BadText(
      "dma_copy dst=a src=x.ap(‹[]›)", "the pattern of an hbm tensor begins with its rows",
      "write .ap([[row_stride, rows], [stride, size], …])"),
    BadText(
      "dma_copy dst=a.ap([‹[1, 4294967296]›]) src=x", "size 4294967296 does not fit into 32 bits"),
    BadText(
      "dma_copy dst=a.ap([[1, 2]], rows=‹0:9999999999›) src=x",
      "the number of rows is 9999999999, which does not fit into 32 bits",
      "from -2147483648 to 2147483647"),
    BadText(
      "dma_copy dst=a.ap([[1, 2]], ‹row›=1) src=x",
      "expected rows= or offset= in .ap(…), found 'row'",
      ".ap([[stride, size], …], rows=start:stop, offset=n)"),
    BadText(
      "dma_copy dst=a.ap([[1, ‹]›]) src=x",
      "expected the second of a pair, an integer, found ']'"),
    BadText(
      "dma_copy src=x dst=a[0:1 ‹engine›=sync",
      "expected ',' or ']' after a slice, found 'engine'"),
  ]

  static let values = [
    BadText(
      "dma_copy dst=a src=x ‹sorce›=x", "dma_copy has no field 'sorce'", "did you mean 'src'?"),
    BadText("dma_copy dst=a src=x ‹dst›=a", "'dst' is given twice", "remove one"),
    BadText(
      "dma_copy dst=a src=x offset_stride‹›",
      "expected '=' after 'offset_stride', found the end of the line"),
    BadText(
      "dma_copy dst=a src=x offset_stride=‹1.5›",
      "expected 'offset_stride', an integer, found '1.5'"),
    BadText(
      "dma_copy dst=a src=x dge_mode=‹swgde›", "'dge_mode' cannot be 'swgde'",
      "did you mean 'swdge'?"),
    BadText(
      "nc_matmul dst=acc stationary=a moving=a accumulate=‹yes›",
      "expected 'accumulate', true or false, found 'yes'"),
    BadText("memset dst=a value=‹ten›", "expected 'value', a number, found 'ten'"),
    BadText(
      "memset dst=a value=‹1e39›",
      "1e39 is beyond fp32, whose largest number is 3.4028235e+38",
      "write inf if you mean it"),
    BadText(
      "activation dst=a data=a op=exp scale=‹16777217›",
      "16777217 is not an fp32 number, the nearest is 16777216.0",
      "numbers of operations are fp32; write 16777216.0 if you mean it"),
    BadText(
      "dma_copy dst=a src=x engine=‹vectr›", "there is no engine 'vectr'",
      "did you mean 'vector'?"),
    BadText(
      "dma_copy dst=‹absent› src=x", "'dst' cannot have this value", "it takes: tensor"),
    BadText(
      "dma_copy dst=a src=x after=[‹load›]", "no instruction has the label 'load'",
      "label an instruction: load: dma_copy …"),
    BadText(
      "load: dma_copy dst=a src=x after=[‹loda›]", "no instruction has the label 'loda'",
      "did you mean 'load'?"),
    BadText(
      "dma_copy dst=a src=x after=[‹1›]", "instruction 1 does not exist, the program has 1",
      "instructions are numbered from 0; labels are safer"),
    BadText(
      "l: dma_copy dst=a src=x\nl: dma_copy dst=a src=x after=[‹l›]",
      "several instructions have the label 'l'", "rename all but one of them"),
    BadText(
      "dma_copy dst=a src=x @‹›", "expected a file after '@', found the end of the line",
      "places are @file:line or @file:line:column"),
    BadText("dma_copy dst=a src=x @f:1 ‹@g:2›", "a second place of origin", "remove one"),
  ]

  static let structure = [
    BadText(
      "dma_copy dst=a src=x.ap([[4, 1]], moved=[‹›",
      "expected a register, found the end of the line", "registers are r0 to r65535"),
    BadText("‹dma_cpy› dst=a src=x", "there is no operation 'dma_cpy'", "did you mean 'dma_copy'?"),
    BadText(
      "l: ‹nc_matmull› dst=a", "there is no operation 'nc_matmull'", "did you mean 'nc_matmul'?"),
    BadText("‹}›", "'}' closes nothing", "remove it, or open a scope before it"),
    BadText("‹scope› tile 0 {", "this scope is never closed", "add a line '}'"),
    BadText("scope tile 0‹›", "expected '{' after the scope, found the end of the line"),
    BadText(
      "resume ‹0› {\n}", "scope 0 has not been opened before",
      "scopes are numbered from 0 in the order in which they are opened"),
    BadText("‹\u{0}›", "expected a statement, an operation or a label, found byte 0x0"),
    BadText(
      "dma_copy dst=‹ä› src=x", "expected a tensor, found 'ä'",
      "put names with other characters into double quotes"),
    BadText("dma_copy dst=a src=‹\"x›", "this string has no end", "close it with '\"'"),
    BadText(
      "\"a‹\\q›\": dma_copy dst=a src=x", "unknown escape in a string",
      "known are \\n \\t \\r \\\" \\\\ and \\u{…}"),
    BadText(
      "\"‹\\u{110000}›\": dma_copy dst=a src=x", "'\\u{110000}' is not a character",
      "write its code in hexadecimal: \\u{3b1}"),
    BadText("dma_copy dst=a src=x‹]›", "expected a blank after the value of 'src', found ']'"),
    BadText(
      "dma_copy dst=a src=x ‹=›", "expected a field of dma_copy, found '='",
      "fields are written name=value"),
  ]
}
