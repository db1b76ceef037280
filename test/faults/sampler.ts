import { readdirSync, readFileSync } from 'node:fs'

/** The resources of a process at one moment. */
export interface Sample {
  /** Resident memory, MiB. */
  memory: number
  /** Open file descriptors. */
  handles: number
}

/** Watches processes one after another through /proc; only Linux has it. */
export class Sampler {
  readonly processes: Sample[][] = []
  readonly #timer: NodeJS.Timeout
  #pid: number | undefined

  constructor(everyMs: number) {
    this.#timer = setInterval(() => this.#sample(), everyMs)
  }

  watch(pid: number): void {
    this.#pid = pid
    this.processes.push([])
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #sample(): void {
    if (this.#pid === undefined) return
    try {
      const memory = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.#pid}/status`, 'utf8'))?.[1]
      const handles = readdirSync(`/proc/${this.#pid}/fd`).length
      if (memory !== undefined) this.processes.at(-1)?.push({ memory: Number(memory) / 1024, handles })
    } catch {
      // It has ended; the next one has not started yet.
      this.#pid = undefined
    }
  }
}

export interface Growth {
  peakMemory: number
  peakHandles: number
  /** Peak of the longest process's last third, compared with its middle third. */
  memory: number
  handles: number
}

/** Undefined if nothing was observed long enough. */
export function growth(processes: readonly (readonly Sample[])[]): Growth | undefined {
  const longest = processes.reduce<readonly Sample[]>((one, other) => (other.length > one.length ? other : one), [])
  if (longest.length < 30) return undefined
  const third = Math.floor(longest.length / 3)
  const peak = (field: keyof Sample, samples: readonly Sample[]) => Math.max(...samples.map((sample) => sample[field]))
  const [middle, last] = [longest.slice(third, 2 * third), longest.slice(2 * third)]
  const all = processes.flat()
  return {
    peakMemory: peak('memory', all),
    peakHandles: peak('handles', all),
    memory: peak('memory', last) - peak('memory', middle),
    handles: peak('handles', last) - peak('handles', middle),
  }
}
