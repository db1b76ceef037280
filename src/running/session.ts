import { dirname, resolve } from 'node:path'
import { DEADLINE_HINT, type Deadline, openDeadline, readDeadline } from '../applying/deadline.ts'
import { type LoadedManifest, loadManifest } from '../config/load.ts'
import { accepts, type Manifest } from '../config/manifest.ts'
import { readSelector, type Scope } from '../config/pilot.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import { ManifestError, UsageError } from '../diagnostics/errors.ts'
import { wantsColor } from '../diagnostics/printable.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import { renderProblems } from '../diagnostics/render.ts'
import { removeFilesIn } from '../files/scratch.ts'
import { removeAbandonedFiles } from '../files/temporary-file.ts'
import { proxiesOf } from '../http/proxy.ts'
import { checkExpressions } from '../mapping/check.ts'
import { MappingThreads } from '../mapping/threads.ts'
import { checkBinding } from '../planning/binding.ts'
import { computeDesired } from '../planning/compute-desired.ts'
import { computePlan } from '../planning/compute-plan.ts'
import type { Plan } from '../planning/plan.ts'
import { emitPlan } from '../reporting/emit-events.ts'
import { type Progress, requestsText } from '../reporting/progress.ts'
import { counted } from '../reporting/style.ts'
import { isLarge } from '../sources/registry.ts'
import type { Snapshot } from '../sources/snapshot/snapshot.ts'
import { stateLocation } from '../state/location.ts'
import { checkState, openState, peekState } from '../state/open.ts'
import type { OpenState } from '../state/store.ts'
import { openTarget, type Target } from '../workos/target.ts'
import { emitWarning, openListeners, remark, type Telling } from './listeners.ts'
import {
  locatingManifestErrors,
  locatingSourceErrors,
  withManifestLocation,
  withSourceLocation,
} from './manifest-places.ts'
import { checkWebhooks } from './notify.ts'
import { scratchBeside, stagingBeside } from './scratch-place.ts'
import { checkSnapshotOptions, isSourceSecret, type SnapshotOptions, snapshotFor } from './source.ts'
import type { World } from './world.ts'

/**
 * The session of plan, apply, verify and similar commands. In: the options of a command. Out: the
 * manifest, the state, the target and a scratch folder, opened and closed together.
 */

export interface SessionOptions extends SnapshotOptions, Telling, ScopeOptions, DeadlineOptions {
  /** The manifest file. */
  config?: string
  env?: string
  /** The run reads the source. Then threads for a large one start at once. */
  readsSource?: boolean
  /** Keep the open writes of an interrupted run. Default: look up what became of them first. */
  leaveOpenWrites?: boolean
}

/** What plan and apply work with: the manifest, the state, the target, a scratch folder. */
export interface Session {
  loaded: LoadedManifest
  statePath: string
  /** The run's scratch folder. */
  scratch: string
  /** The users that the run is limited to. Undefined: all. */
  scope: Scope | undefined
  state: OpenState
  target: Target
  progress: Progress
  /** When a command that writes has to stop. */
  deadline?: Deadline | undefined
  /** Aborted by Ctrl-C or at the deadline. */
  interrupted: AbortSignal
  warn(problem: Problem): void
  /** Returns the snapshot of the session; undefined for files. It is read once. */
  obtainSnapshot(): Promise<Snapshot | undefined>
  /** @param showsWarnings the caller shows the warnings, so standard error does not */
  computePlan(refresh: boolean, showsWarnings?: boolean): Promise<Plan>
  /** Plans the undoing of everything; see ComputeDestroyPlanOptions. */
  computeDestroyPlan(keep: { keepSignedIn: boolean; keepChanged: boolean }): Promise<Plan>
  /** Only reads the source. One session makes one plan or one desired set. */
  computeDesired(onStaged?: () => Promise<void>): Promise<{ set: DesiredSet; warnings: Problem[] }>
  /** Releases the state, its lock and the target. Plans and desired sets stay readable. */
  disconnect(): Promise<void>
  /** Also removes the data of plans and desired sets. */
  close(): Promise<void>
}

/** A manifest with valid expressions, and its warnings. */
export interface ReadyManifest {
  loaded: LoadedManifest
  warnings: Problem[]
  /** Threads for a large source. Close them if no session is opened. */
  threads?: MappingThreads | undefined
}

/**
 * Loads the manifest of a run.
 * @throws ManifestError with every problem of the manifest or its expressions
 */
export async function loadChecked(
  { config: path, env: environment, readsSource = false }: Pick<SessionOptions, 'config' | 'env' | 'readsSource'>,
  { cwd, env, mask, redactor = new Redactor() }: Pick<World, 'cwd' | 'env' | 'mask' | 'redactor'>,
): Promise<ReadyManifest> {
  // Only commands that write send notifications.
  const defer = (path: readonly string[]) => isSourceSecret(path) || path[0] === 'notify' || path[0] === 'export'
  const loaded = await loadManifest({ path, environment, cwd, env, defer, mask, redactor })
  const threads = readsSource ? await startThreads(loaded) : undefined
  try {
    const problems = checkExpressions(loaded)
    const isWarning = ({ severity }: Problem) => severity === 'warning'
    if (!problems.every(isWarning)) throw new ManifestError(problems)
    return { loaded, warnings: [...loaded.warnings, ...problems], threads }
  } catch (error) {
    await threads?.close()
    throw error
  }
}

/**
 * Starts threads if the source is large. They load their modules, which takes long, while this
 * thread checks and opens everything else.
 */
async function startThreads({ manifest, directory }: LoadedManifest): Promise<MappingThreads | undefined> {
  // What is wrong with the source is reported when it is opened.
  const needsThreads = await isLarge(manifest.source, directory).catch(() => false)
  return needsThreads ? new MappingThreads(manifest.run.workers) : undefined
}

/**
 * Opens everything that a run of a manifest needs. `lock` is the command that takes the state's
 * lock. A command that only reads creates no state, and takes the lock only to look up what an
 * interrupted run left open.
 */
export async function openSession(
  { loaded, warnings, threads }: ReadyManifest,
  options: SessionOptions,
  context: World,
  lock?: string,
): Promise<Session> {
  const { redactor } = loaded
  const warn = warner(context, redactor)
  // Connections can be closed while the data of the run is still read.
  const closers: (() => void | Promise<void>)[] = []
  const data: (() => void | Promise<void>)[] = []
  const disconnect = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  const close = async () => {
    // First: they write to the scratch folder.
    await threads?.close()
    for (const closer of data.splice(0).reverse()) await closer()
    await disconnect()
  }
  try {
    checkSnapshotOptions(options)
    const writes = lock === 'apply' || lock === 'destroy'
    if (writes) checkWebhooks(loaded)
    const scope = scopeOf(options, loaded.manifest)
    for (const warning of warnings) warn(warning)
    const statePath = resolve(loaded.directory, loaded.manifest.state.path)
    const location = stateLocation(loaded)
    checkState(location)
    for (const folder of [context.cwd, loaded.directory, dirname(statePath)]) removeAbandonedFiles(folder)
    const opening = { interrupted: context.interrupted }
    const taking = lock === undefined ? undefined : { command: lock, now: new Date(context.now()) }
    const state = await (taking === undefined ? peekState(location, opening) : openState(location, taking, opening))
    closers.push(() => state.close())
    const scratch = scratchBeside(statePath)
    data.push(
      () => scratch.remove(),
      () => removeFilesIn(scratch),
    )
    const { killed, clock } = context
    const deadline = !writes ? undefined : deadlineOf(options, loaded, context)
    if (deadline !== undefined) closers.push(() => deadline.close())
    const interrupted = deadline ? AbortSignal.any([context.interrupted, deadline.signal]) : context.interrupted
    const { progress, ...listeners } = openListeners(options, context)
    closers.push(() => progress.clear())
    const { manifest, directory } = loaded
    const target = await locatingManifestErrors(loaded, () =>
      openTarget({
        manifest,
        directory,
        interrupted,
        killed,
        clock,
        mayWrite: () => state.sound(),
        ...listeners,
        proxies: proxiesOf(context.env),
      }),
    )
    redactor.register(target.identity.apiKey)
    closers.push(() => target.close())
    if (options.verbose) {
      closers.push(() => progress.note(requestsText(target.client.classes, target.client.counts)))
    }
    if (!options.leaveOpenWrites) {
      const left = await recoverOpenWrites({ loaded, state, target, lock, context, progress })
      if (left !== undefined) remark(options, context, left)
    }
    const tell = {
      ...listeners,
      onWarning: (problem: Problem) => {
        if (accepts(loaded.manifest.warnings, problem.code)) return
        progress.aside(() => warn(withSourceLocation(problem, loaded)))
      },
    }
    const reading = {
      ...tell,
      loaded,
      scratch: scratch.path,
      threads,
      scope,
      signal: interrupted,
      obtainSnapshot: once(snapshotFor(loaded, options, { ...context, interrupted }, tell)),
    }
    const whileReading = <T>(read: () => Promise<T>) =>
      locatingSourceErrors(loaded, read).finally(() => progress.clear())
    const plan = async (refresh: boolean, showsWarnings = false) => {
      const computed = await whileReading(() => computePlan({ ...reading, state, target, refresh, showsWarnings }))
      data.push(() => computed.set.close())
      if (context.events) await emitPlan(context.events, computed)
      return computed
    }
    const destroyPlan = async (keep: { keepSignedIn: boolean; keepChanged: boolean }) => {
      const { onProgress, onWarning } = reading
      const { computeDestroyPlan } = await import('../planning/compute-destroy-plan.ts')
      const computed = await computeDestroyPlan({
        loaded,
        state,
        target,
        scratch: scratch.path,
        scope,
        ...keep,
        onProgress,
        onWarning,
      })
      progress.clear()
      data.push(() => computed.set.close())
      if (context.events) await emitPlan(context.events, computed)
      return computed
    }
    const desired = async (onStaged?: () => Promise<void>) => {
      const computed = await whileReading(() => computeDesired({ ...reading, onStaged }))
      for (const problem of computed.warnings) reading.onWarning(problem)
      data.push(() => computed.set.close())
      return computed
    }
    return {
      loaded,
      statePath,
      scratch: scratch.path,
      scope,
      state,
      target,
      progress,
      deadline,
      interrupted,
      warn,
      obtainSnapshot: reading.obtainSnapshot,
      computePlan: plan,
      computeDestroyPlan: destroyPlan,
      computeDesired: desired,
      disconnect,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined
  return () => {
    result ??= work()
    return result
  }
}

/** The message about recovered writes, if there was something to look up. */
async function recoverOpenWrites(session: {
  loaded: LoadedManifest
  state: OpenState
  target: Target
  lock: string | undefined
  context: World
  progress: Progress
}): Promise<string | undefined> {
  const { loaded, state, target, lock, context, progress } = session
  if ((await state.intents()).length === 0) return undefined
  progress.step({ phase: 'looking up writes without a response' })
  const release =
    lock === undefined ? await state.lock({ command: 'plan', now: new Date(context.now()) }) : async () => {}
  try {
    // First of all: in another environment the same names would mean other things.
    await checkBinding(state, target.identity, target.client)
    const { recover } = await import('../applying/recover.ts')
    const { open, found } = await recover(state, target.client, loaded.manifest.adopt)
    return `An earlier run was interrupted: ${counted(open, 'write')} had no response; WorkOS confirms ${found} of them.\n`
  } finally {
    progress.clear()
    await release()
  }
}

function warner(context: World, redactor: Redactor): (problem: Problem) => void {
  const { stderr, env, cwd } = context
  const color = wantsColor(stderr, env)
  return (problem) => {
    stderr.write(renderProblems([{ ...problem, severity: 'warning' }], { color, cwd, redactor }))
    emitWarning(context, problem)
  }
}

/**
 * Opens a session, works with it, and closes it.
 * @throws FileError if there is no room for staged data
 */
export async function withSession<T>(
  options: SessionOptions,
  context: World,
  lock: string | undefined,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(await loadChecked(options, context), options, context, lock)
  try {
    return await stagingBeside(session.scratch, () => work(session))
  } finally {
    await session.close()
  }
}

/** When a run that writes has to stop. */
export interface DeadlineOptions {
  /** A time of day, or an ISO 8601 time. */
  deadline?: string
  /** Time after the start: `4h`, `90m`. */
  maxDuration?: string
}

/** The deadline of a run that writes. Options replace the manifest; the earlier one counts. */
function deadlineOf(
  { deadline, maxDuration }: DeadlineOptions,
  loaded: LoadedManifest,
  context: World,
): Deadline | undefined {
  const now = context.now()
  const written = [deadline, maxDuration].filter((text) => text !== undefined)
  const fromManifest = written.length === 0 ? loaded.manifest.run.deadline : undefined
  const moments = [...written, ...(fromManifest === undefined ? [] : [fromManifest])].map((text) => {
    const moment = readDeadline(text, now)
    if (moment !== undefined) return moment
    const problem = { code: 'bad_value', message: `${text} is not a deadline`, hint: DEADLINE_HINT }
    if (fromManifest === undefined) throw new UsageError(problem)
    throw new ManifestError(withManifestLocation({ ...problem, path: 'run.deadline' }, loaded))
  })
  const [first] = moments.toSorted((one, other) => one.at - other.at)
  return first && openDeadline(first, context)
}

/** The users of a run. */
export interface ScopeOptions {
  /**
   * Selectors: `organization:KEY`, `user:KEY`, `email:ADDRESS`, `domain:NAME`,
   * `invitation:ADDRESS`. `*` matches any text.
   */
  only?: string[]
  /** The first N users by key. */
  limit?: number
  /** All users, whatever the manifest's pilot is. */
  everybody?: boolean
  /** The scope of a saved plan, instead of the manifest's. Null: all users. */
  savedScope?: Scope | null
}

/**
 * The scope of a run. The command line replaces all of the manifest's scope. Undefined: all users.
 * @throws UsageError for an invalid selector
 */
export function scopeOf(
  { only, limit, everybody, savedScope }: ScopeOptions,
  { pilot }: Pick<Manifest, 'pilot'>,
): Scope | undefined {
  if (savedScope !== undefined) return savedScope ?? undefined
  if (everybody) {
    if (only === undefined && limit === undefined) return undefined
    throw new UsageError({
      code: 'options_contradict',
      message: `--everybody includes all users, but ${only === undefined ? '--limit' : '--only'} includes only some`,
      hint: 'remove one of them',
    })
  }
  const given = only === undefined && limit === undefined ? pilot : { only, limit }
  if (given === undefined) return undefined
  const scope = { only: given.only ?? [], limit: given.limit ?? null }
  const problems = scope.only.flatMap((text) => {
    const read = readSelector(text)
    return read.ok ? [] : [read.problem]
  })
  if (problems.length > 0) throw new UsageError(problems)
  return scope
}

/** @throws UsageError for scope options with a saved plan, which has its own scope */
export function checkNoScope({ only, limit, everybody }: ScopeOptions): void {
  const given = [only && '--only', limit && '--limit', everybody && '--everybody'].find((option) => option)
  if (given === undefined) return
  throw new UsageError({
    code: 'options_contradict',
    message: `a saved plan is applied as it is, but ${given} changes its scope`,
    hint: `omit ${given}, or make a new plan with: workos-migrate plan ${given}${everybody ? '' : ' …'} --out`,
  })
}
