import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { apply, plan, type RunEvent, UsageError, verify } from '../../src/index.ts'
import { EventQueue } from '../../src/library/event-queue.ts'
import { eventsOf } from '../cli/event-lines.ts'
import { command } from '../cli/harness.ts'
import { gathered, loaded, people, project } from './project.ts'

/** Events as lines, checked against the schema. */
function checked(events: readonly RunEvent[]) {
  return eventsOf(`${events.map((event) => JSON.stringify(event)).join('\n')}\n`)
}

/** An event without members that differ between runs. */
function steady({
  at: _at,
  elapsed: _elapsed,
  seconds: _seconds,
  id: _id,
  rate: _rate,
  ...event
}: Record<string, unknown>) {
  return event
}

const ofPhases = ({ type }: { type: string }) => !/^phase_|progress/.test(type)

test('the events of a program are the lines of --events', async () => {
  const [here, there] = [project(people(3)), project(people(3))]
  const manifest = await loaded(here)
  const log = (name: string) =>
    eventsOf(readFileSync(join(there, name), 'utf8'))
      .filter(ofPhases)
      .map(steady)

  const planning = plan(manifest)
  expect(
    checked(await gathered(planning))
      .filter(ofPhases)
      .map(steady),
  ).toEqual((await command(['plan', '--events', 'plan.log'], { cwd: there })) && log('plan.log'))
  await using planned = await planning

  const applying = apply(planned)
  const applied = checked(await gathered(applying))
    .filter(ofPhases)
    .map(steady)
  await command(['apply', '--yes', '--events', 'apply.log'], { cwd: there })
  expect(new Set(applied.map((event) => JSON.stringify(event)))).toEqual(
    new Set(log('apply.log').map((event) => JSON.stringify(event))),
  )
  expect((await applying).outcome).toBe('completed')

  const verifying = verify(manifest)
  const verified = checked(await gathered(verifying))
    .filter(ofPhases)
    .map(steady)
  await command(['verify', '--events', 'verify.log'], { cwd: there })
  expect(verified).toEqual(log('verify.log'))
  await (await verifying).close()
})

test('events end with the error of the run', async () => {
  const cwd = project('')
  const manifest = await loaded(cwd)
  const seen: RunEvent[] = []
  const planning = plan(manifest)
  const reading = async () => {
    for await (const event of planning) seen.push(event)
  }
  await expect(reading()).rejects.toMatchObject({ name: 'SourceError' })
  const [error, end] = checked(seen).slice(-2)
  expect(error).toMatchObject({ type: 'error' })
  expect(end).toMatchObject({ type: 'end', exitCode: 1 })
  await expect(planning).rejects.toMatchObject({ name: 'SourceError' })
})

test('the run continues after a reader leaves', async () => {
  const manifest = await loaded(project(people(3)))
  const planning = plan(manifest)
  for await (const event of planning) if (event.type === 'version') break
  await using planned = await planning
  expect(planned.changes).toBe(true)
})

test('lost events are not returned in part', async () => {
  const planning = plan(await loaded(project(people(1))))
  await using _planned = await planning
  expect(() => planning[Symbol.asyncIterator]()).toThrow(UsageError)
  const other = plan(await loaded(project(people(1))))
  const first = other[Symbol.asyncIterator]()
  expect(() => other[Symbol.asyncIterator]()).toThrow(/read only once/)
  await first.return?.()
  await (await other).close()
})

test('a reader that stops reading pauses the run until it continues', async () => {
  const manifest = await loaded(project(people(900)))
  const planning = plan(manifest)
  const events = planning[Symbol.asyncIterator]()
  let isOver = false
  planning.then(() => {
    isOver = true
  })
  let count = 0
  let isDone = false
  // Two of three events are unread when the run waits for its reader.
  while (!isDone && count < 600) {
    isDone = (await events.next()).done === true
    count += 1
  }
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1))
  expect(isOver).toBe(false)
  for (;;) {
    const { done } = await events.next()
    if (done) break
    count += 1
  }
  expect(count).toBeGreaterThan(1800)
  await (await planning).close()
})

test('a queue has room again when its reader catches up or leaves, or the run is stopped', async () => {
  const event: RunEvent = { type: 'phase_start', phase: 'reading', at: '' }
  const full = () => {
    const queue = new EventQueue()
    for (let count = 0; count < 1_000; count += 1) queue.push(event)
    return queue
  }
  const read = full()
  const room = read.room()
  expect(room).toBeInstanceOf(Promise)
  for (let count = 0; count < 501; count += 1) expect(await read.next()).toEqual({ done: false, value: event })
  await room
  expect(read.room()).toBeUndefined()

  const left = full()
  const other = left.room()
  await left.return()
  await other
  left.push(event)
  expect(await left.next()).toEqual({ done: true, value: undefined })

  const stopped = full()
  const last = stopped.room()
  stopped.stop()
  await last
  expect(stopped.room()).toBeUndefined()

  const waiting = new EventQueue()
  const [one, two] = [waiting.next(), waiting.next()]
  waiting.push(event)
  waiting.end({ error: new Error('it broke') })
  expect(await one).toEqual({ done: false, value: event })
  await expect(two).rejects.toThrow('it broke')
  expect(await waiting.next()).toEqual({ done: true, value: undefined })
})
