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
  /** The file to write events to; `-`: standard output. */
  events?: string
  json?: boolean
  format?: string
}

const HERE = '-'

/**
 * Runs a command whose events are asked for: the first one names the format, the last one the exit
 * code, also when the command fails before it begins. With `-` they take standard output, and what
 * would be there goes to standard error.
 * @throws UsageError when both events and a result for programs are to go to standard output, or
 *   the file is no place for events
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
  // What cannot be written there ends the process: see main.ts.
  return { write: (line) => stdout.write(line), check() {}, close: end }
}

function fileOutput(named: string, { cwd, mask }: Context): ClosingOutput {
  const purpose = {
    message: `the events cannot be written to ${named}`,
    code: 'events_unwritable',
    hint: 'name another file with --events: one that does not exist yet, or that holds events of an earlier run',
  }
  const file = new LogFile(resolve(cwd, named), purpose, isEventLog)
  const masked = mask?.output() ?? ((line: string) => line)
  return { write: (line) => file.write(masked(line)), check: () => file.check(), close: async () => file.close() }
}

/**
 * The error of the command is told by whoever catches it; events that could not be written are told
 * here, unless they are that error.
 */
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
    hint: 'write the events to a file: --events events.ndjson; or leave one of them out',
  })
}
