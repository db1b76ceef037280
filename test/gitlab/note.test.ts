import { expect, test } from 'vitest'
import { command, folderOf } from '../cli/harness.ts'
import { type FakeGitlab, READING_TOKEN, startFakeGitlab, TOKEN } from '../fakes/gitlab/fake-gitlab.ts'

const PLAN = '## Migration plan: acme · staging\n\n**Creates 2 users.**\n'

/** Runs `pipeline note` in a job of the merge request. */
async function note(gitlab: FakeGitlab, text: string, { label = 'staging', env = {} }: Asked = {}) {
  const cwd = folderOf({ 'plan.md': text })
  return command(['pipeline', 'note', 'plan.md', '--label', label], {
    cwd,
    env: { ...gitlab.variables, WORKOS_MIGRATE_GITLAB_TOKEN: TOKEN, ...env },
  })
}

interface Asked {
  label?: string
  env?: Record<string, string | undefined>
}

const writesOf = ({ log }: FakeGitlab) => log.filter(({ method }) => method !== 'GET').map(({ method }) => method)

test('the first plan is a new note, and the next one replaces it', async () => {
  const gitlab = await startFakeGitlab()
  expect(await note(gitlab, PLAN)).toEqual({
    code: 0,
    stdout: '',
    stderr: 'Note "staging" on merge request !7: created.\n',
  })
  expect(gitlab.notes.map(({ body }) => body)).toEqual([
    `<!-- workos-migrate plan config= label=staging -->\n${PLAN.trim()}\n\n` +
      '<sub>workos-migrate · [job](https://gitlab.example.com/acme/migration/-/jobs/42) · `abc1234`</sub>',
  ])
  const second = await note(gitlab, PLAN.replace('2 users', '3 users'))
  expect(second.stderr).toContain('updated')
  expect(gitlab.notes).toHaveLength(1)
  expect(gitlab.notes[0]?.body).toContain('Creates 3 users')
  expect((await note(gitlab, PLAN.replace('2 users', '3 users'))).stderr).toContain('unchanged')
  expect(writesOf(gitlab)).toEqual(['POST', 'PUT'])
})

test('each environment has its own note', async () => {
  const gitlab = await startFakeGitlab()
  await note(gitlab, PLAN)
  await note(gitlab, 'production', { label: 'production' })
  await note(gitlab, 'production again', { label: 'production' })
  expect(gitlab.notes.map(({ body }) => body.split('\n')[1])).toEqual([
    '## Migration plan: acme · staging',
    'production again',
  ])
})

test('it finds its note after hundreds of others, and does not touch notes of others', async () => {
  const author = { id: 5 }
  const others = Array.from({ length: 250 }, (_, at) => ({ id: at, body: `note ${at}`, author, system: false }))
  const quoted = { id: 300, body: '<!-- workos-migrate plan config= label=staging -->\nquoted', author, system: false }
  const own = {
    id: 301,
    body: '<!-- workos-migrate plan config= label=staging -->\nold',
    author: { id: 100 },
    system: false,
  }
  const gitlab = await startFakeGitlab({ notes: [...others, quoted, own] })
  expect((await note(gitlab, PLAN)).stderr).toContain('updated')
  expect(gitlab.notes.find(({ id }) => id === 300)?.body).toContain('quoted')
  expect(gitlab.notes.find(({ id }) => id === 301)?.body).toContain('Creates 2 users')
  expect(gitlab.notes).toHaveLength(252)
})

test('a long plan is cut to the size of a note', async () => {
  const gitlab = await startFakeGitlab()
  const rows = Array.from({ length: 60_000 }, (_, at) => `+ user:u${at}  u***@example.com`)
  const outcome = await note(gitlab, `## Plan\n\n\`\`\`diff\n${rows.join('\n')}\n\`\`\`\n`)
  expect(outcome.code).toBe(0)
  const [{ body } = { body: '' }] = gitlab.notes
  expect(body.length).toBeLessThanOrEqual(1_000_000)
  expect(body.length).toBeGreaterThan(999_000)
  expect(body).toContain('\n```\n\n**The note ends here because of its size limit.**')
})

test.each([
  ['may not write', READING_TOKEN, 'HTTP 403', 'insufficient|higher privileges'],
  ['is not known', 'glpat-revoked-0123456789', 'HTTP 401', '401 Unauthorized'],
])('a token that %s ends with exit code 4, and is not shown', async (_what, token, status, said) => {
  const gitlab = await startFakeGitlab()
  const { code, stderr } = await note(gitlab, PLAN, { env: { WORKOS_MIGRATE_GITLAB_TOKEN: token } })
  expect(code).toBe(4)
  expect(stderr).toContain('gitlab_forbidden')
  expect(stderr).toContain(status)
  expect(stderr).toMatch(new RegExp(said))
  expect(stderr).toContain('role Reporter, scope api')
  expect(stderr).not.toContain(token)
  expect(gitlab.notes).toEqual([])
})

test('without a token, as in the pipeline of a fork, it ends with exit code 4 and sends no request', async () => {
  const gitlab = await startFakeGitlab()
  const { code, stderr } = await note(gitlab, PLAN, { env: { WORKOS_MIGRATE_GITLAB_TOKEN: undefined } })
  expect(code).toBe(4)
  expect(stderr).toContain('gitlab_no_token')
  expect(gitlab.log).toEqual([])
})

test.each([
  ['CI_MERGE_REQUEST_IID', undefined, 3, 'no_job'],
  ['CI_API_V4_URL', 'gitlab', 3, 'no_job'],
  ['CI_MERGE_REQUEST_IID', '8', 1, 'HTTP 404'],
])('a job with %s=%s gets a message about what is missing', async (name, value, exit, says) => {
  const gitlab = await startFakeGitlab()
  const { code, stderr } = await note(gitlab, PLAN, { env: { [name]: value } })
  expect(code).toBe(exit)
  expect(stderr).toContain(says)
})

test('GitLab executes no line of the plan', async () => {
  const gitlab = await startFakeGitlab()
  await note(gitlab, 'a plan\n/merge\n  /close\n```diff\n/approve\n```\n')
  expect(gitlab.commands).toEqual([])
  expect(gitlab.notes[0]?.body).toContain('a plan\n\\/merge\n  \\/close\n```diff\n/approve\n```\n')
})

test('a note whose response was lost exists once', async () => {
  let lost = 0
  const gitlab = await startFakeGitlab({
    onAnswer(entry, _answer, response) {
      if (entry.method !== 'POST' || lost > 0) return false
      lost += 1
      response.destroy()
      return true
    },
  })
  const { code, stderr } = await note(gitlab, PLAN)
  expect(stderr).toContain('created')
  expect(code).toBe(0)
  expect(lost).toBe(1)
  expect(gitlab.notes).toHaveLength(1)
  expect(writesOf(gitlab)).toEqual(['POST'])
})

test('it waits while GitLab is busy, and gives up with a message', async () => {
  let busy = 3
  const gitlab = await startFakeGitlab({
    onAnswer(_entry, _answer, response) {
      if (busy === 0) return false
      busy -= 1
      response.writeHead(busy % 2 === 0 ? 429 : 503, { 'retry-after': '1' }).end()
      return true
    },
  })
  expect((await note(gitlab, PLAN)).code).toBe(0)
  busy = 1000
  const { code, stderr } = await note(gitlab, PLAN)
  expect(code).toBe(1)
  expect(stderr).toContain('gitlab_unreachable')
})

test('a note that is deleted in the meantime is written again', async () => {
  const gitlab = await startFakeGitlab()
  await note(gitlab, PLAN)
  gitlab.after(3, () => void gitlab.notes.pop())
  expect((await note(gitlab, 'another plan')).stderr).toContain('created')
  expect(gitlab.notes).toHaveLength(1)
  expect(gitlab.notes[0]?.body).toContain('another plan')
})

test('for an empty file, the note says that there is no plan', async () => {
  const gitlab = await startFakeGitlab()
  expect((await note(gitlab, '')).code).toBe(0)
  expect(gitlab.notes[0]?.body).toContain('**There is no plan.**')
})

test.each([
  ['folder', ['pipeline', 'note', '.'], 'it is a folder'],
  ['missing file', ['pipeline', 'note', 'other.md'], 'there is no such file'],
  ['damaged plan', ['pipeline', 'note', 'plan.md', '--plan', 'plan.md'], 'bad_plan_file'],
])('a %s is rejected before any request', async (_what, args, says) => {
  const gitlab = await startFakeGitlab()
  const env = { ...gitlab.variables, WORKOS_MIGRATE_GITLAB_TOKEN: TOKEN }
  const { code, stderr } = await command(args, { cwd: folderOf({ 'plan.md': PLAN }), env })
  expect(code).not.toBe(0)
  expect(stderr).toContain(says)
  expect(gitlab.log).toEqual([])
})
