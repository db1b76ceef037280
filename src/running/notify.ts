import { randomUUID } from 'node:crypto'
import type { ApplyResult } from '../applying/apply-result.ts'
import { DeadlinePassed } from '../applying/deadline.ts'
import { systemClock } from '../clock.ts'
import type { LoadedManifest } from '../config/load.ts'
import type { Manifest } from '../config/manifest.ts'
import { type ExitCode, ManifestError } from '../diagnostics/errors.ts'
import { wantsColor } from '../diagnostics/printable.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import { renderProblems } from '../diagnostics/render.ts'
import { proxiesOf } from '../http/proxy.ts'
import { checkWebhook, deliver } from '../http/webhook.ts'
import { bodyOf, type Notification, notificationOf } from '../reporting/notification.ts'
import { toolVersion } from '../version.ts'
import { exitCodeOf, isInterruption, problemsOf } from './failure.ts'
import { emitWarning } from './listeners.ts'
import { withManifestLocation } from './manifest-places.ts'
import type { World } from './world.ts'

/**
 * Notifies the webhooks of the manifest when a run ends. In: the work of a command or a call, which
 * reports what its run came to. Out: its result or its error, unchanged: a failure here never
 * affects the run.
 */

interface Webhook {
  /** Its path in the manifest. */
  path: string
  webhook: string
  secret?: string
  format: 'json' | 'slack'
}

/** Milliseconds that notifying can take. */
const BUDGET = 30_000
/** The same after the user has stopped the command. */
const BUDGET_OF_INTERRUPTED = 2_000

/** What the run came to, once it has started. */
export interface Ended {
  result?: ApplyResult
  /** The user declined, so nothing was done and nobody is notified. */
  silent?: boolean
}

/** @param codeOf the exit code of a result */
export async function notifying<Result>(
  command: Notification['command'],
  loaded: LoadedManifest,
  context: World,
  work: (ended: Ended) => Promise<Result>,
  codeOf: (result: Result) => ExitCode,
): Promise<Result> {
  const webhooks = webhooksOf(loaded.manifest)
  if (webhooks.length === 0) return work({})
  const clock = context.clock ?? systemClock
  const ended: Ended = {}
  const started = clock.now()
  const tell = (how: Pick<Notification, 'outcome' | 'exitCode' | 'code'>) => {
    const seconds = (clock.now() - started) / 1000
    return notify(webhooks, { ...how, command, seconds, result: ended.result }, loaded, context)
  }
  try {
    const result = await work(ended)
    if (!ended.silent)
      await tell({ outcome: ended.result?.outcome ?? 'completed', exitCode: codeOf(result), code: null })
    return result
  } catch (error) {
    const [problem] = problemsOf(error)
    const isStop = isInterruption(error, context)
    const outcome = isStop ? 'interrupted' : error instanceof DeadlinePassed ? 'deadline' : 'failed'
    await tell({ outcome, exitCode: exitCodeOf(error, context), code: isStop ? null : (problem?.code ?? null) })
    throw error
  }
}

async function notify(
  webhooks: readonly Webhook[],
  how: Pick<Notification, 'outcome' | 'exitCode' | 'code' | 'command' | 'seconds'> & Pick<Ended, 'result'>,
  { manifest, environment }: LoadedManifest,
  context: World,
): Promise<void> {
  const { interrupted, killed, clock = systemClock, now, env } = context
  const id = randomUUID()
  const { name, target } = manifest
  const of = { id, tool: toolVersion, at: new Date(now()).toISOString(), name, target: target.type }
  const notification = notificationOf({ ...how, ...of, environment: environment ?? null })
  const budget = interrupted.aborted ? BUDGET_OF_INTERRUPTED : BUDGET
  // A user who stops the command meanwhile does not wait for this.
  const signal = interrupted.aborted ? killed : AbortSignal.any([interrupted, killed])
  const sending = { id, proxies: proxiesOf(env), clock, now, signal, budget }
  await Promise.all(
    webhooks.map(async ({ path, webhook: url, secret, format }) => {
      const why = await deliver({ ...sending, url, secret, body: bodyOf(notification, format) }).catch(String)
      if (why !== undefined) warn(path, url, why, context)
    }),
  )
}

function warn(path: string, url: string, why: string, context: World): void {
  const { stderr, env, cwd, redactor = new Redactor() } = context
  hideAddress(url, redactor)
  const problem = {
    code: 'not_notified',
    severity: 'warning' as const,
    message: `${path} could not be notified of how the run ended: ${redactor.redact(why)}`,
    hint: 'check the address, and whether a proxy blocks it; this does not change the result of the run',
  }
  stderr.write(renderProblems([problem], { color: wantsColor(stderr, env), cwd, redactor }))
  emitWarning(context, problem)
}

/** The path alone is as good as the whole address to anyone who knows the service. */
function hideAddress(url: string, redactor: Redactor): void {
  redactor.register(url)
  const { host, pathname, search } = new URL(url)
  for (const part of [host, `${pathname}${search}`, pathname]) if (part.length > 3) redactor.register(part)
}

function webhooksOf({ notify }: Pick<Manifest, 'notify'>): Webhook[] {
  if (notify === undefined) return []
  const several = Array.isArray(notify) ? notify : [notify]
  return several
    .map((one, index) => ({ ...one, path: Array.isArray(notify) ? `notify.${index}.webhook` : 'notify.webhook' }))
    .filter(({ webhook }) => webhook !== '')
}

/** @throws ManifestError for an address that is not allowed, or a reference that is not set */
export function checkWebhooks(loaded: LoadedManifest): void {
  const unset = loaded.deferred.filter(({ path }) => path?.split('.')[0] === 'notify')
  if (unset.length > 0) throw new ManifestError(unset)
  const isUnknown = (path: string) => loaded.unresolved.some((open) => open.join('.') === path)
  for (const { path, webhook } of webhooksOf(loaded.manifest)) {
    if (isUnknown(path)) continue
    try {
      checkWebhook(webhook, path)
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error
      throw new ManifestError(error.problems.map((problem) => withManifestLocation(problem, loaded)))
    }
  }
}
