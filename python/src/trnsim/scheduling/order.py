"""List scheduling: each engine takes the ready instruction that has to start first.

The vendor's backend schedules instructions after it has unrolled the loops; its heuristic is not published. Captures of
the attention kernels fit a list scheduler that puts first what has most work behind it: transposes of the next tile go
between the products of one accumulation, and copies of PSUM go to Scalar or Vector by who ends first in an estimated
timeline, in which the PE array is at its full clock.

A tensor takes memory from its first write until its last use. Loads that could start long before they are needed wait
while memory is short, and nothing starts more than a window ahead of the oldest instruction that has not started; both
bounds are assumed.
"""

from __future__ import annotations

from heapq import heappop, heappush

from ..tracing.addresses import BANK_BYTES, PSUM_BYTES
from ..tracing.spaces import MemoryRegion
from .costs import busy_and_delay, transfer
from .dependencies import predecessors
from .instructions import Instruction

#: Instructions ahead of the oldest one that waits.
WINDOW = 512
#: Ready instructions of an engine that are looked at when the first has no room for its result.
_ALTERNATIVES = 8
#: The engines of an operation whose engine is open; the first if both end at the same time.
_OPEN = ("scalar", "vector")
_SBUF, _PSUM = MemoryRegion.sbuf, MemoryRegion.psum


def schedule(program: list[Instruction], fixed: list[tuple[int, int]], sbuf_bytes: int, share: float
             ) -> tuple[list[Instruction], float]:
    """The program in the order in which its engines start it, and the nanoseconds it takes in the estimate.

    `sbuf_bytes` is what a partition holds for tensors; results that nothing waits for yet may fill `share` of it.
    """
    scheduler = _Scheduler(program, fixed, sbuf_bytes, share)
    return scheduler.run(), scheduler.end


class _Scheduler:
    def __init__(self, program: list[Instruction], fixed: list[tuple[int, int]], sbuf_bytes: int, share: float) -> None:
        self.program = program
        self.before = predecessors(program, fixed)
        count = len(program)
        self.after: list[list[int]] = [[] for _ in range(count)]
        for index, found in enumerate(self.before):
            for other in found:
                self.after[other].append(index)
        self.waiting = [len(found) for found in self.before]
        self.latest = self._latest_starts()
        self.capacity = {MemoryRegion.sbuf: sbuf_bytes, MemoryRegion.psum: PSUM_BYTES}
        self.ahead = {MemoryRegion.sbuf: int(sbuf_bytes * share), MemoryRegion.psum: PSUM_BYTES - BANK_BYTES}
        self.used = {MemoryRegion.sbuf: 0, MemoryRegion.psum: 0}
        #: Per tensor: instructions that still use it, its memory, bytes, and the end of its last use.
        self.users: dict[int, int] = {}
        self.sizes: dict[int, tuple[MemoryRegion, int]] = {}
        self.ends: dict[int, float] = {}
        self.allocated: set[int] = set()
        self.tensors: list[list[int]] = []
        for instruction in program:
            own = sorted({operand.storage.index for _, operand in instruction.operands
                          if operand.storage.on_chip and operand.storage.address is None})
            self.tensors.append(own)
            for _, operand in instruction.operands:
                storage = operand.storage
                if storage.on_chip and storage.index not in self.sizes:
                    size = storage.free_bytes
                    unit = BANK_BYTES if storage.region is MemoryRegion.psum else 64
                    self.sizes[storage.index] = (storage.region, -(-size // unit) * unit)
            for index in own:
                self.users[index] = self.users.get(index, 0) + 1
        self.free = {"tensor": 0.0, "vector": 0.0, "scalar": 0.0, "gpsimd": 0.0, "sync": 0.0, "": 0.0}
        self.rings = 0.0
        self.arrival = [0.0] * count
        self.ready: dict[str, list[tuple[float, int]]] = {name: [] for name in (*self.free, "open")}
        #: (time, instruction or -1 for an engine that is free or memory that came back)
        self.events: list[tuple[float, int]] = []
        #: Ready, but too far ahead.
        self.far: list[int] = []
        self.returns: list[tuple[float, int]] = []
        #: Engines whose ready instructions have no room, until something changes.
        self.stuck: set[str] = set()
        self.done = [False] * count
        self.oldest = 0
        self.end = 0.0
        self.order: list[Instruction] = []

    def _latest_starts(self) -> list[float]:
        """When each instruction must start, so that all after it is in time.

        An instruction is due when the busiest resource has done all work up to there, in the kernel's order: so passes of
        a loop follow one another, as captures of fused attention with 1024 tokens show for the two groups of merged
        passes, and within reach of each other what has most work behind it goes first.
        """
        program = self.program
        own: list[float] = []
        due: list[float] = []
        loads: dict[str, float] = {}
        busiest = 0.0
        for instruction in program:
            busy, delay = busy_and_delay(instruction, instruction.engine)
            resources = [(instruction.engine, busy)]
            length = busy + delay
            if instruction.is_dma:
                bytes_time = transfer(instruction)
                resources.append(("rings", bytes_time))
                length += bytes_time
            for name, time in resources:
                loads[name] = loads.get(name, 0.0) + time
                busiest = max(busiest, loads[name])
            own.append(length)
            due.append(busiest)
        result = due[:]
        for index in range(len(program) - 1, -1, -1):
            after = self.after[index]
            end = min([due[index], *[result[other] for other in after]])
            result[index] = end - own[index]
        return result

    def run(self) -> list[Instruction]:
        for index, count in enumerate(self.waiting):
            if count == 0:
                heappush(self.events, (0.0, index))
        total = len(self.program)
        now = 0.0
        while len(self.order) < total:
            if self.events:
                now = max(now, self.events[0][0])
                while self.events and self.events[0][0] <= now:
                    index = heappop(self.events)[1]
                    if index >= 0:
                        self._enter(index)
                self._free_memory(now)
                while self._start_some(now):
                    pass
                continue
            # Nothing will happen by itself: memory is full of what waits for memory.
            self._free_memory(float("inf"))
            now = max(now, min(self.free.values()))
            if not self._start_some(now):
                self._force(now)
        return self.order

    def _enter(self, index: int) -> None:
        """A ready instruction joins its engine's list, or waits until the window reaches it."""
        if self.done[index]:
            return
        if index >= self.oldest + WINDOW:
            heappush(self.far, index)
            return
        instruction = self.program[index]
        heappush(self.ready["open" if instruction.is_open else instruction.engine], (self.latest[index], index))
        self.stuck.difference_update(_OPEN if instruction.is_open else (instruction.engine,))

    def _start_some(self, now: float) -> bool:
        """Starts what the free engines have; whether anything started."""
        started = False
        for engine in self.free:
            if self.free[engine] > now or engine in self.stuck:
                continue
            index = self._choose(engine, now)
            if index >= 0:
                self._start(index, engine, max(now, self.arrival[index]))
                started = True
        return started

    def _choose(self, engine: str, now: float) -> int:
        """The instruction that an engine takes next, or -1."""
        lists = [self.ready[engine]]
        if engine in _OPEN and self.ready["open"] and self._is_better(engine, now):
            lists.append(self.ready["open"])
        skipped: list[tuple[list[tuple[float, int]], tuple[float, int]]] = []
        chosen = -1
        while len(skipped) < _ALTERNATIVES:
            nonempty = [found for found in lists if found]
            if not nonempty:
                break
            source = min(nonempty, key=lambda found: found[0])
            entry = heappop(source)
            if self.done[entry[1]]:
                continue
            if self._has_room(entry[1]):
                chosen = entry[1]
                break
            skipped.append((source, entry))
        for source, entry in skipped:
            heappush(source, entry)
        if chosen < 0 and skipped:
            self.stuck.add(engine)
        return chosen

    def _is_better(self, engine: str, now: float) -> bool:
        """Whether an open instruction ends on this engine no later than on the other."""
        index = self.ready["open"][0][1]
        instruction = self.program[index]
        ends = {name: max(now, self.free[name]) + sum(busy_and_delay(instruction, name)) for name in _OPEN}
        return min(_OPEN, key=lambda name: (ends[name], _OPEN.index(name))) == engine

    def _has_room(self, index: int) -> bool:
        limits = self.capacity if index == self.oldest else self.ahead
        sbuf = psum = 0
        for tensor in self.tensors[index]:
            if tensor not in self.allocated:
                region, size = self.sizes[tensor]
                if region is _SBUF:
                    sbuf += size
                else:
                    psum += size
        return (sbuf == 0 or self.used[_SBUF] + sbuf <= limits[_SBUF]) \
            and (psum == 0 or self.used[_PSUM] + psum <= limits[_PSUM])

    def _free_memory(self, now: float) -> None:
        while self.returns and self.returns[0][0] <= now:
            tensor = heappop(self.returns)[1]
            region, size = self.sizes[tensor]
            self.used[region] -= size
            self.stuck.clear()

    def _force(self, now: float) -> None:
        """Starts the oldest instruction whether there is room or not: all that it waits for has started."""
        index = self.oldest
        engine = self.program[index].engine
        self._start(index, engine, max(now, self.free[engine], self.arrival[index]))

    def _start(self, index: int, engine: str, start: float) -> None:
        instruction = self.program[index]
        if instruction.is_open and engine != "vector":
            instruction = instruction.on_engine(engine)
        busy, delay = busy_and_delay(instruction, engine)
        end = start + busy + delay
        if instruction.is_dma:
            self.rings = max(self.rings, start + busy) + transfer(instruction)
            end = self.rings + delay
        self.end = max(self.end, end)
        self.free[engine] = start + busy
        heappush(self.events, (start + busy, -1))
        self.done[index] = True
        self.order.append(instruction)
        for tensor in self.tensors[index]:
            if tensor not in self.allocated:
                self.allocated.add(tensor)
                region, size = self.sizes[tensor]
                self.used[region] += size
            self.users[tensor] -= 1
            self.ends[tensor] = max(self.ends.get(tensor, 0.0), end)
            if self.users[tensor] == 0:
                heappush(self.returns, (self.ends[tensor], tensor))
                heappush(self.events, (self.ends[tensor], -1))
        for other in self.after[index]:
            self.waiting[other] -= 1
            self.arrival[other] = max(self.arrival[other], end)
            if self.waiting[other] == 0:
                heappush(self.events, (self.arrival[other], other))
        if index == self.oldest:
            self.stuck.clear()
            while self.oldest < len(self.done) and self.done[self.oldest]:
                self.oldest += 1
        while self.far and self.far[0] < self.oldest + WINDOW:
            heappush(self.events, (start, heappop(self.far)))
