/* The C interface of trnsim: libtrnsimcore.so.
 *
 * A session holds one program (or one for each of several cores), what its tensors are bound to, and the
 * results of its last call. Calls on one session must not overlap; sessions do not know of each other.
 * Texts are UTF-8.
 *
 * Results are the exit codes of the command-line tool: 0 fine, 1 bad input, 2 a fault of the simulated
 * machine, 64 a misuse of this interface (a null pointer). After 1 or 2 trnsim_session_errors tells all.
 */
#ifndef TRNSIM_H
#define TRNSIM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Grows when a function changes its meaning or goes. */
int32_t trnsim_abi_version(void);

/* All operations, their fields, and the numbers of engines, element types, memories and roles: JSON. */
const char *trnsim_isa(void);

void *trnsim_session_new(void);
void trnsim_session_free(void *session);

/* hardware=trn1|trn2|trn3|FILE     override=PATH=VALUE (adds up)     mode=both|values|timing
 * stochastic_rounding=SEED         trace_detail=lean|full            flows=none|cross
 * core_races=fault|allow: what becomes of bytes that both cores of a rank touch without meeting in between */
int32_t trnsim_session_set(void *session, const char *key, const char *value);

/* Makes room for the programs of `ranks` ranks of 1 or 2 cores, which meet at exchanges; before the first
 * load or append. Core c of rank r has the number r * cores_per_rank + c. */
int32_t trnsim_session_cores(void *session, int32_t ranks, int32_t cores_per_rank);

/* The core that load, append, bind, tensor, read, describe and write are about from now on; core 0 at first.
 * The cores of a rank share what is bound. */
int32_t trnsim_session_select(void *session, int32_t core);

/* A whole program: text or binary records (docs/binary-format.md), plain or in zstd. `file` is its name
 * in messages. The bytes are not needed afterwards. */
int32_t trnsim_session_load(void *session, const uint8_t *bytes, uint64_t count, const char *file);

/* More whole binary records of a growing program; the first piece begins with the magic and the version.
 * Tensors and instructions are numbered as they arrive. */
int32_t trnsim_session_append(void *session, const uint8_t *bytes, uint64_t count);

/* The HBM tensor's memory is the caller's from now on: row-major, as long as the session lives or until it
 * is bound again. An input's is only read; those of outputs, inouts and scratch tensors are written. */
int32_t trnsim_session_bind(void *session, const char *tensor, void *data, uint64_t bytes);

/* Checks the program, computes values and time as `mode` says. */
int32_t trnsim_session_run(void *session);

/* Computes values up to the instruction `until`, exclusive; -1: all there are. Later calls continue. On several
 * cores only -1: each goes as far as it comes without those that have not arrived at an exchange. */
int32_t trnsim_session_advance(void *session, int64_t until);

/* A tensor's contents: of any tensor after advance, of unbound outputs after run. `bytes` is the tensor's
 * size; `written` takes one byte per element, 1 if it was written, or is null. */
int32_t trnsim_session_read(void *session, int64_t tensor, void *data, uint64_t bytes, uint8_t *written);

/* A tensor's number; -1 if there is none of this name. */
int64_t trnsim_session_tensor(void *session, const char *name);

/* Texts, valid until the same function is called again on the session; null before a run. */
const char *trnsim_session_report(void *session);              /* JSON, as `trnsim run --json` */
const char *trnsim_session_text(void *session, int32_t color); /* for people */
const char *trnsim_session_describe(void *session);            /* JSON: tensors and number of instructions */
/* JSON, a list of: severity, kind (check, race, deadlock, uninitialized read,
 * mismatched exchange, …), message, remedy, file,
 * line, column, instruction (its position), instruction_text, operand, notes, rendered. */
const char *trnsim_session_errors(void *session);

int32_t trnsim_session_trace(void *session, const char *path); /* Perfetto, .pftrace.zst */
int32_t trnsim_session_write(void *session, const char *path); /* the program: .trn or .trn.zst */

/* Called for each device_print in the order of execution; everything is valid during the call only. */
typedef void (*trnsim_print)(void *context, int64_t instruction, const char *prefix, const char *dtype,
                             const int64_t *shape, int32_t rank, const void *data, uint64_t bytes);
void trnsim_session_on_print(void *session, trnsim_print callback, void *context);

#ifdef __cplusplus
}
#endif
#endif
