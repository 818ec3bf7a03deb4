/* The C interface of trnsim: libtrnsimcore.so.
 *
 * A session holds one program (or one for each of several cores), what its tensors are bound to, and the
 * results of its last call. Sessions do not know of each other. Texts are UTF-8.
 *
 * Results and bindings belong to the program that was loaded when they were made. Another one in its place
 * (load, the first append after a load, cores) ends them: the memory is the caller's again, read and trace
 * fail, report and text are null, and run and advance fail until what the program before had bound and the
 * new one declares is bound again. A call that fails changes no program.
 *
 * One call at a time: a call on a session that executes another one, as from the callback of on_print, does
 * nothing and gives 64 (-1 for tensor, null for texts). Freed from its callback, a session ends with the
 * call that it executes; the handle is not to be used again.
 *
 * Results are the exit codes of the command-line tool: 0 fine, 1 bad input, 2 a fault of the simulated
 * machine, 64 a misuse of this interface (a null pointer, a call during another one). After 1 or 2
 * trnsim_session_errors tells all.
 */
#ifndef TRNSIM_H
#define TRNSIM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Grows when a function changes its meaning or goes. 2: programs end results and bindings; bind takes memory
 * back; on_print has a result. */
int32_t trnsim_abi_version(void);

/* The memory budget of the process (--memory, TRNSIM_MEMORY, the system's limits): bytes that nobody uses; notes that the caller uses
 * so many bytes more, or fewer where negative; and what the budget is, in words such as `8.0 GiB (this host's memory)`, copied
 * into `text` of `size` bytes with a 0 behind, cut where it does not fit: gives the bytes of all of it, without the 0. */
uint64_t trnsim_memory_left(void);
void trnsim_memory_note(int64_t bytes);
uint64_t trnsim_memory_limit(char *text, uint64_t size);

/* What `trnsim isa` shows of all operations (fields with their element types, the parameters of their functions in nki.isa,
 * machines), and the numbers of engines, element types, memories and roles: JSON. */
const char *trnsim_isa(void);

void *trnsim_session_new(void);
void trnsim_session_free(void *session);

/* hardware=trn1|trn2|trn3|FILE     override=PATH=VALUE (adds up)     mode=both|values|timing
 * stochastic_rounding=SEED         trace_detail=lean|full            flows=none|cross|critical|all
 * trace_window=FROM..TO, such as 12us..18us: what overlaps it is in traces; empty for all.
 * core_races=fault|note|allow: what becomes of bytes that both cores of a rank touch without meeting in between. With `note`
 * the cores take turns, and the report's `core_races` tells the first of each rank; with `allow` they are not looked for.
 * unwritten_outputs=fault|note|read: what becomes of elements of outputs that nothing was stored to. With `note` they
 * keep what the bound memory had, and the report tells them; with `read` instructions may read them too.
 * undefined_reads=fault|note: what becomes of reads of memory that nothing wrote. With `note` they give NaN (4 in integers
 * of HBM), and the report tells the first of each memory.
 * undefined=error|note: what becomes of results that the machine leaves undefined inside one instruction (rows of a scatter that
 * go to one place, a DMA that writes what it reads, a destination that names bytes twice, sendrecv to oneself), and of reads of
 * what was written last through another tensor. With `note` the report's `undefined_results` tells the first of each place.
 * precision=precise|wide: whether bfloat16 and the 8-bit floats round as on the machine, or are float32 in all memories
 * (bound ones too; chosen before bind). The time is the same. Error kind `narrow types`: why a program cannot have that.
 * check_records=on|off: whether append also checks what arrives by the rules of the machine chosen before, so that an error
 * is known when its record is; an error's `instruction` is then the record's number
 * schedule=program|compiler: whose order instructions have; by default the compiler's for programs whose metadata `nki`
 * names the generation of the API of their kernel
 * descriptors=prepared|generated   allocation=rotate|first-fit|infinite   middle_end=on|off   spills=on|off
 * In use from the next run on, and when advance begins anew. */
int32_t trnsim_session_set(void *session, const char *key, const char *value);

/* Makes room for the programs of `ranks` ranks of 1 or 2 cores, which meet at exchanges; forgets those that
 * there were. Core c of rank r has the number r * cores_per_rank + c. */
int32_t trnsim_session_cores(void *session, int32_t ranks, int32_t cores_per_rank);

/* The core that load, append, bind, tensor, read, describe and write are about from now on; core 0 at first.
 * The cores of a rank share what is bound. */
int32_t trnsim_session_select(void *session, int32_t core);

/* A whole program: text or binary records (docs/binary-format.md), plain or in zstd. `file` is its name
 * in messages. The bytes, at most 4 GiB, are not needed afterwards. */
int32_t trnsim_session_load(void *session, const uint8_t *bytes, uint64_t count, const char *file);

/* More whole binary records of a growing program; the first piece begins with the magic and the version, and
 * takes the place of a program that was loaded. Tensors and instructions are numbered as they arrive. What
 * arrives later leaves results and bindings as they are, and advance goes on. After a record that is wrong
 * nothing more can be appended; load takes another program. */
int32_t trnsim_session_append(void *session, const uint8_t *bytes, uint64_t count);

/* The HBM tensor's memory is the caller's from now on: row-major, `bytes` exactly its size, until it is bound
 * again, its program ends, or the session does. Null and 0 bytes take it back: the memory is the session's
 * own. An input's is only read; those of outputs, inouts and scratch tensors are written. To bind what
 * advance has used ends what it computed: it begins anew. */
int32_t trnsim_session_bind(void *session, const char *tensor, void *data, uint64_t bytes);

/* Checks the program, computes values and time as `mode` says. */
int32_t trnsim_session_run(void *session);

/* Computes values up to the instruction `until`, exclusive; -1: all there are. Later calls continue; after a
 * fault they give it again. After load, run or another binding it begins anew. On several cores only -1, from
 * the beginning: each goes as far as it comes without those that have not arrived at an exchange. */
int32_t trnsim_session_advance(void *session, int64_t until);

/* A tensor's contents: of any tensor after advance, of unbound outputs after run. `bytes` must be the tensor's
 * size; `written` takes one byte for each of its elements, 1 if it was written, or is null. */
int32_t trnsim_session_read(void *session, int64_t tensor, void *data, uint64_t bytes, uint8_t *written);

/* A tensor's number; -1 if there is none of this name. */
int64_t trnsim_session_tensor(void *session, const char *name);

/* Texts, valid until the same function is called again on the session. Report and text are null before a run
 * and after another program came; unless the call before left errors, there is one that says so. */
const char *trnsim_session_report(void *session); /* JSON: `trnsim run --json` without what looks at every instruction */
const char *trnsim_session_compiled(void *session); /* the program as the compiler orders and places it */
const char *trnsim_session_text(void *session, int32_t color); /* for people */
const char *trnsim_session_describe(void *session);            /* JSON: tensors and number of instructions */
/* JSON: all values of the chosen hardware with their units and sources, as `trnsim hardware show --json`; null if
 * its configuration is wrong. Needs no program. */
const char *trnsim_session_hardware(void *session);
/* JSON, a list of: severity, kind (check, race, deadlock, uninitialized read,
 * mismatched exchange, …), message, remedy, file,
 * line, column, instruction (its position), instruction_text, operand, notes, rendered. */
const char *trnsim_session_errors(void *session);

/* Why the last run failed: `json` (a document with the key `failure`), `text`, `details` (what the errors do not say: who has the
 * memory that there is no room in, who waits for whom; may be empty), `markdown` or `html` (a page); null if it did not fail. */
const char *trnsim_session_failure(void *session, const char *form);
/* JSON: what the whole time of the last run was spent on, as the key `critical_path` of `trnsim run --json` has it, and its
 * `text`. A program of more than 20,000 device instructions is timed once more. Null as report is. */
const char *trnsim_session_critical_path(void *session);

/* JSON: the report with what looks at every instruction (opcodes, tensors, roofline, memory over time, source lines, …), as `trnsim
 * run --json` has it; with the critical path of up to 20,000 device instructions. Null as report is. */
const char *trnsim_session_details(void *session);

/* For people: instructions and DMAs of the last run as rows, time as columns, as `trnsim run --timeline`; up to 200 rows. `window` is
 * FROM:TO in µs, each of which may be left out; empty: the whole run. Null as report is. */
const char *trnsim_session_timeline(void *session, const char *window);

int32_t trnsim_session_trace(void *session, const char *path); /* Perfetto, .pftrace.zst */
int32_t trnsim_session_page(void *session, const char *path);  /* the report, .html */
int32_t trnsim_session_write(void *session, const char *path); /* the program: .trn or .trn.zst */

/* A table of the last run, JSON: an object of its columns, which are lists. `table` is instructions (what engines executed),
 * transfers (what DMA queues moved), stalls (whom engines waited for), lines (what source lines took) or tensors (what DMAs moved out of
 * and into them); times are microseconds. Null as report is. */
const char *trnsim_session_table(void *session, const char *table);

/* Variants, compared as `trnsim compare`, `whatif` and `diff` do. A variant is a text of lines: the workload's name
 * (`k.py:matmul`), the machine's (`trn2`), then what it sets, a line each: `tile_n=256`, `set:dma.bytes_per_cycle=32`,
 * `scale:hbm.bandwidth=2`. Programs belong to a workload, a machine and the parameters, sorted by name: what is set of
 * the machine leaves them as they are. */

/* Keeps the programs of all cores, as they were recorded, with the options that are set and what inputs hold now. */
int32_t trnsim_session_keep(void *session, const char *variant);
/* Keeps in the place of programs why there are none. */
int32_t trnsim_session_refuse(void *session, const char *variant, const char *reason);
/* Varies something from the next compare on: a parameter, `hardware`, `set:PATH`, `scale:PART`, or several with commas
 * between, whose values have a part for each, with colons between. */
int32_t trnsim_session_vary(void *session, const char *name, const char *const *values, int32_t count);
/* Simulates all combinations of what is varied around `variant` on all cores of the host. `progress` is told the number
 * done on the thread of this call, and ends it by a result that is not 0: what is not done then is missing. */
typedef int32_t (*trnsim_progress)(void *context, int64_t done);
int32_t trnsim_session_compare(void *session, const char *variant, trnsim_progress progress, void *context);
/* Each part of the machine twice as fast, and what `scales` (lines: `dma.bandwidth=0.5,1,2`, or null) asks for. */
int32_t trnsim_session_whatif(void *session, const char *variant, const char *scales);
/* Tries changes of a variant's programs, as `trnsim advise` does; `rules`: lines, each the key of a rule, or null for all. */
int32_t trnsim_session_advise(void *session, const char *variant, const char *rules);
/* What differs between two variants, and why. */
int32_t trnsim_session_difference(void *session, const char *before, const char *after);
/* Compares a variant with the numbers that a baseline (a file of `trnsim update`, which need not exist) has under a name.
 * `tolerances`: lines such as `total_time_ps=+2 %`, or null. */
int32_t trnsim_session_check(void *session, const char *variant, const char *name, const char *baseline,
                             const char *tolerances);
/* Writes the numbers of the last check into its baseline. */
int32_t trnsim_session_accept(void *session);
/* Writes what shows the differences of the last check, as `trnsim check` does: reports and traces. */
int32_t trnsim_session_differences(void *session, const char *directory);
/* What the last of these gave: `json`, `text`, of compare also `csv` and `svg` (its heat map); null if there is none. */
const char *trnsim_session_comparison(void *session, const char *form);

/* Called for each device_print in the order of execution; everything is valid during the call only. It may
 * use other sessions, not its own. A null callback: nobody is told. */
typedef void (*trnsim_print)(void *context, int64_t instruction, const char *prefix, const char *dtype,
                             const int64_t *shape, int32_t rank, const void *data, uint64_t bytes);
int32_t trnsim_session_on_print(void *session, trnsim_print callback, void *context);

#ifdef __cplusplus
}
#endif
#endif
