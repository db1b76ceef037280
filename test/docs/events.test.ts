import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type EventLine, eventsOf } from '../cli/event-lines.ts'
import { member, peopleProject } from '../e2e/people.ts'
import { KEY, startWorkos } from '../e2e/workos.ts'

const page = readFileSync(new URL('../../docs/reference/events.md', import.meta.url), 'utf8')
const schema = JSON.parse(readFileSync(new URL('../../schemas/events.schema.json', import.meta.url), 'utf8'))

/** IDs, versions and times differ between runs. The page omits phases and the table of kinds. */
function shown(events: readonly EventLine[]): object[] {
  return events
    .filter(({ type }) => !type.startsWith('phase_'))
    .map(({ kinds: _kinds, ...event }) => ({
      ...event,
      at: '…',
      ...('tool' in event && { tool: '…' }),
      ...('id' in event && { id: String(event.id).replace(/_.*/, '_…') }),
      ...('elapsed' in event && { elapsed: 0 }),
      ...('seconds' in event && { seconds: 0 }),
    }))
}

test('the page shows the stream that an apply writes', async () => {
  const workos = await startWorkos({
    interceptor: {
      before({ request, response, text }) {
        if (request.method !== 'POST' || !text.includes('bea@example.com')) return false
        response.writeHead(422, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ code: 'invalid_email', message: 'The email address is not valid.' }))
        return true
      },
    },
  })
  const project = peopleProject(workos, [member('ada', 'acme'), member('bea', 'acme')], {
    roles: {},
    run: { concurrency: 1 },
  })
  const { stdout } = await project.run(['apply', '--yes', '--events', '-'], { env: { KEY } })
  const [, block = ''] = /```ndjson\n(.*?)```/s.exec(page) ?? []
  const written = shown(eventsOf(stdout))
  const lines: EventLine[] = block
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(shown(lines), written.map((line) => JSON.stringify(line)).join('\n')).toEqual(written)
})

test('every event type and member is on the page', () => {
  const types: string[] = schema.properties.type.enum
  expect(types.filter((type) => !page.includes(`| \`${type}\` |`))).toEqual([])
  const missing = types.flatMap((type) => {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${type}\` |`)) ?? ''
    return Object.keys(schema.$defs[type].properties)
      .filter((member) => !['type', 'at'].includes(member) && !row.includes(`\`${member}\``))
      .map((member) => `${type}.${member}`)
  })
  expect(missing).toEqual([])
})
