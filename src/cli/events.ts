import { resolve } from 'node:path'
import { type ExitCode, UsageError } from '../diagnostics/errors.ts'
import { wantsColor } from '../diagnostics/printable.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import { renderProblems } from '../diagnostics/render.ts'
import { LogFile } from '../files/log-file.ts'
import { EventLog, type EventOutput, isEventLog } from '../reporting/events.ts'
import { problemsOf } from '../running/failure.ts'
import { logged } from '../running/logged.ts'
import { toolVersion } from '../version.ts'
import type { Context } from './context.ts'
import { buffered } from './output.ts'

export interface EventOptions {
  /** The file for events; `-` is standard output. */
  events?: string
  json?: boolean
  format?: string
}

const HERE = '-'

/**
 * Runs a command and writes its events. The first event names the format, the last one the exit
 * code, even if the command fails at its start. With `-`, events go to standard output and
 * everything else to standard error.
 * @throws UsageError if events and a JSON result both go to standard output, or the file is not
 *   usable
 */
export async function withEvents(
  command: string,
  options: EventOptions,
  context: Context,
  run: (context: Context) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { events } = options
  if (events === undefined) return run(context)
  checkStandardOutput(options)
  const { redactor = new Redactor(), now, stdout, stderr } = context
  const output = events === HERE ? streamOutput(stdout) : fileOutput(events, context)
  const log = new EventLog(output, { redactor, now, command, tool: toolVersion })
  const world = { ...context, redactor, events: log, stdout: events === HERE ? stderr : stdout }
  let code: ExitCode
  try {
    code = await logged(
      log,
      world,
      () => run(world),
      (exit) => exit,
    )
  } catch (error) {
    await closeAfterFailure(output, error, world)
    throw error
  }
  await output.close()
  return code
}

interface ClosingOutput extends EventOutput {
  close(): Promise<void>
}

function streamOutput(stdout: Context['stdout']): ClosingOutput {
  const { end } = buffered(stdout)
  // A write error here ends the process: see main.ts.
  return { write: (line) => stdout.write(line), check() {}, close: end }
}

function fileOutput(named: string, { cwd, mask }: Context): ClosingOutput {
  const purpose = {
    message: `the events cannot be written to ${named}`,
    code: 'events_unwritable',
    hint: 'name another file with --events: a new one, or one with the events of an earlier run',
  }
  const file = new LogFile(resolve(cwd, named), purpose, isEventLog)
  const masked = mask?.output() ?? ((line: string) => line)
  return { write: (line) => file.write(masked(line)), check: () => file.check(), close: async () => file.close() }
}

/** Reports an error of the events file, unless it is the error that the caller reports anyway. */
async function closeAfterFailure(output: ClosingOutput, failure: unknown, context: Context): Promise<void> {
  const { stderr, env, cwd, redactor } = context
  try {
    await output.close()
  } catch (error) {
    if (error !== failure) {
      stderr.write(renderProblems(problemsOf(error), { color: wantsColor(stderr, env), cwd, redactor }))
    }
  }
}

function checkStandardOutput({ events, json, format }: EventOptions): void {
  const other = json ? '--json' : format === undefined || format === 'text' ? undefined : `--format ${format}`
  if (events !== HERE || other === undefined) return
  throw new UsageError({
    code: 'options_contradict',
    message: `--events - and ${other} both write to standard output`,
    hint: 'write the events to a file, as in --events events.ndjson, or remove one option',
  })
}
