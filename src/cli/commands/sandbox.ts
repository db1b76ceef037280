import { once } from 'node:events'
import path from 'node:path'
import { ExitCode, UsageError } from '../../diagnostics/errors.ts'
import { counted, printable } from '../../diagnostics/printable.ts'
import { readRegular } from '../../files/regular-file.ts'
import { allFaults, type FaultSet, parseFaultSet } from '../../sandbox/faults/fault.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/server.ts'
import type { Context } from '../context.ts'
import type { OptionsOf } from '../definitions/options.ts'
import { DEFAULT_DATA, DEFAULT_PORT, type defineSandbox } from '../definitions/tools.ts'

export type SandboxCommandOptions = OptionsOf<typeof defineSandbox>

const EXAMPLE_KEY = 'sk_test_demo'

/**
 * `sandbox`: serves a WorkOS sandbox until it is interrupted. Prints its URL as one line on stdout.
 * @throws UsageError if the port or the file is not available, StateError for a file that is not
 *   a sandbox
 */
export async function sandbox(options: SandboxCommandOptions, context: Context): Promise<ExitCode> {
  const { port = DEFAULT_PORT, limits = false, connectionsApi = false } = options
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UsageError({
      code: 'bad_port',
      message: `${port} is not a port`,
      hint: 'use a whole number from 0 (any free port) to 65535',
    })
  }
  const data = options.data === ':memory:' ? options.data : path.resolve(context.cwd, options.data ?? DEFAULT_DATA)
  const faults = options.faults === undefined ? undefined : readFaults(options.faults, context.cwd)
  const server = await start({ data, port, limits, connectionsApi, faults, now: context.now })
  context.stdout.write(`${server.url}\n`)
  context.stderr.write(introduction(server.url, data, limits, options.faults))
  if (!context.interrupted.aborted) await once(context.interrupted, 'abort')
  await server.close()
  const { total, writes } = server.requests()
  const injectedCount = server.faults().faults.reduce((sum, { injected }) => sum + injected, 0)
  const went = injectedCount === 0 ? '' : ` ${counted(injectedCount, 'injected fault')}.`
  context.stderr.write(
    `Sandbox stopped after ${counted(total, 'request')}, including ${counted(writes, 'write')}.${went}\n`,
  )
  return ExitCode.done
}

async function start(options: SandboxOptions & { port: number }): Promise<Sandbox> {
  try {
    return await startSandbox(options)
  } catch (error) {
    throw refused(error, options.data, options.port) ?? error
  }
}

/** A usage error for an error of the operating system; undefined for any other error. */
function refused(error: unknown, data: string, port: number): UsageError | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined
  const options = { cause: error }
  if (error.syscall !== 'listen') {
    const message = `the sandbox cannot open ${data} (${error.code})`
    const hint = 'use --data with a file in a folder that you can write to, or --data :memory:'
    return new UsageError({ code: 'sandbox_data_unwritable', message, hint }, options)
  }
  if (error.code === 'EADDRINUSE') {
    const message = `port ${port} is already in use, perhaps by another sandbox`
    return new UsageError(
      { code: 'port_in_use', message, hint: 'choose another port with --port; 0 picks a free one' },
      options,
    )
  }
  const message = `port ${port} cannot be opened (${error.code})`
  return new UsageError({ code: 'port_refused', message, hint: 'choose a port above 1023 with --port' }, options)
}

function introduction(url: string, data: string, limits: boolean, faults: string | undefined): string {
  return `WorkOS sandbox at ${url}
  data    ${data === ':memory:' ? 'in memory, lost when the sandbox stops' : data}
  limits  ${limits ? 'as documented by WorkOS' : 'none'}
  faults  ${faults === undefined ? 'none' : printable(faults)} (set and count them at ${url}/_sandbox/faults)
  key     ${EXAMPLE_KEY} (any sk_… key works; each name is a separate environment)

Point a client at it:
  manifest  target: { type: workos, baseUrl: "${url}", apiKey: ${EXAMPLE_KEY} }
  curl      curl -H "Authorization: Bearer ${EXAMPLE_KEY}" ${url}/user_management/users

Stop it with Ctrl-C.
`
}

/**
 * The faults that `--faults` names: a JSON file, or a percentage for every kind of temporary fault.
 * @throws UsageError
 */
function readFaults(text: string, cwd: string): FaultSet {
  const percentage = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1]
  if (percentage !== undefined) {
    const rate = Number(percentage) / 100
    const all = allFaults(rate)
    // The rates add up to at most 100 %.
    const most = Math.floor(1000 / all.faults.length) / 10
    if (rate * 100 <= most) return all
    const message = `--faults ${text} is too high: each of the ${all.faults.length} kinds of fault gets this rate`
    throw new UsageError({ code: 'bad_faults', message, hint: `use at most ${most}%, or a file` })
  }
  const file = path.resolve(cwd, text)
  try {
    return parseFaultSet(JSON.parse(readRegular(file).toString('utf8')))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `--faults ${text} cannot be used: ${reason}`
    const hint = 'use a percentage such as 5%, or a JSON file as described in docs/how-to/sandbox.md'
    throw new UsageError({ code: 'bad_faults', message, hint }, { cause: error })
  }
}
