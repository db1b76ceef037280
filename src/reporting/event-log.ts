import type { Redactor } from '../diagnostics/redactor.ts'
import { isObject, jsonText } from '../json.ts'
import { EVENTS_FORMAT, EVENTS_VERSION, type Event, type EventSink } from './events.ts'

/** Where lines go. */
export interface EventOutput {
  write(line: string): void
  check(): void
}

export interface EventLogOptions {
  redactor: Redactor
  /** Milliseconds since the epoch. */
  now(): number
  command: string
  tool: string
}

/** Writes events as lines of JSON; the first one names the format and its version. */
export class EventLog implements EventSink {
  readonly #output: EventOutput
  readonly #options: EventLogOptions
  readonly #started: number
  /** The warnings so far: who reads the source tells one at once, and the plan has it too. */
  readonly #warnings = new Set<string>()

  constructor(output: EventOutput, options: EventLogOptions) {
    this.#output = output
    this.#options = options
    this.#started = options.now()
    const { tool, command } = options
    this.emit({ type: 'version', format: EVENTS_FORMAT, version: EVENTS_VERSION, tool, command })
  }

  emit(event: Event): void {
    if (event.type === 'warning') {
      const warning = JSON.stringify([event.problem.code, event.problem.message])
      if (this.#warnings.has(warning)) return
      this.#warnings.add(warning)
    }
    const { type, ...members } = event
    const shown = redacted(members, this.#options.redactor)
    this.#writeLine({ type, ...(isObject(shown) ? shown : {}), at: new Date(this.#options.now()).toISOString() })
  }

  /** The last event. */
  end(exitCode: number): void {
    const seconds = Math.round(this.#options.now() - this.#started) / 1000
    this.emit({ type: 'end', exitCode, seconds })
  }

  check(): void {
    this.#output.check()
  }

  /** Every line passes here. */
  #writeLine(line: object): void {
    this.#output.write(`${jsonText(line)}\n`)
  }
}

/** Whether a file that begins so holds events. */
export function isEventLog(head: string): boolean {
  return head.startsWith(`{"type":"version","format":"${EVENTS_FORMAT}"`)
}

/** The value with registered secrets kept out of its texts: what it is made of besides stays as the schema says. */
function redacted(value: unknown, redactor: Redactor): unknown {
  if (typeof value === 'string') return redactor.redact(value)
  if (Array.isArray(value)) return value.map((item) => redacted(item, redactor))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, redacted(member, redactor)]))
}
