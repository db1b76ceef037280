import { expect, test } from 'vitest'
import { clerkInvitation, clerkOrganization, clerkUser, generateInstance } from '../../fakes/clerk/generate.ts'
import { capture, fakeClerk, optionsOf, readLive, rowsOf } from './capturing.ts'

const INVITATIONS = [
  ...Array.from({ length: 13 }, (_, n) => clerkInvitation(n)),
  clerkInvitation(20, { organization_id: undefined }),
  clerkInvitation(21, { status: 'accepted' }),
  clerkInvitation(22, { organization_id: undefined, status: 'revoked' }),
]

const instance = () => fakeClerk({ ...generateInstance({ users: 2, organizations: 2 }), invitations: INVITATIONS })

test('pending invitations to organizations and to the instance are records', async () => {
  const fake = await instance()
  const config = optionsOf(fake, { invitations: true, pageSize: 10 })
  const { snapshot } = await capture(config)
  const { records, counts } = await readLive(config, snapshot)
  const found = records.filter(({ stream }) => stream === 'invitations').map(({ data }) => data)
  expect(found).toHaveLength(14)
  expect(found.find(({ id }) => id === 'orginv_2fake1')).toMatchObject({
    email_address: 'invited-1@example.com',
    organization_id: clerkOrganization(1).id,
    role: 'org:member',
    status: 'pending',
    expires_at: '2024-03-31T08:00:00.000Z',
  })
  expect(found.find(({ id }) => id === 'inv_2fake20')).not.toHaveProperty('organization_id')
  expect(counts).toContainEqual(expect.objectContaining({ stream: 'invitations', read: 14, passed: 14, rejected: 0 }))
  // Anyone who has the URL of an invitation can accept it.
  expect(JSON.stringify(await rowsOf(snapshot, 'invitations'))).not.toContain('ticketDoNotShow')
})

test('invitations are neither read nor stored without the option', async () => {
  const fake = await instance()
  const config = optionsOf(fake)
  const { snapshot } = await capture(config)
  expect((await readLive(config, snapshot)).counts.map(({ stream }) => stream)).not.toContain('invitations')
  expect(fake.log.filter(({ target }) => target.includes('invitations'))).toEqual([])
})

test('an instance without organizations has invitations to the instance', async () => {
  const refused = { '/v1/organization_invitations': { status: 403, code: 'organization_not_enabled_in_instance' } }
  const fake = await fakeClerk({ invitations: INVITATIONS }, { refused })
  const config = optionsOf(fake, { invitations: true })
  const { snapshot } = await capture(config)
  expect((await rowsOf(snapshot, 'invitations')).map(({ id }) => id)).toEqual(['inv_2fake20'])
})

test('an invitation to a banned user is marked, unless another user has the address', async () => {
  const user = (n: number, address: string, banned: boolean) => {
    const one = clerkUser(n)
    const email_addresses = one.email_addresses.map((own) => ({ ...own, email_address: address }))
    return { ...one, banned, email_addresses }
  }
  const fake = await fakeClerk({
    users: [
      user(1, 'Invited-0@example.com', true),
      user(2, 'invited-1@example.com', true),
      user(3, 'invited-1@example.com', false),
    ],
    invitations: [0, 1, 2].map((n) => clerkInvitation(n, { organization_id: undefined })),
  })
  const config = optionsOf(fake, { invitations: true })
  const { records } = await readLive(config, (await capture(config)).snapshot)
  const found = records.filter(({ stream }) => stream === 'invitations')
  expect(found.map(({ data }) => [data.email_address, data.invitee_banned]).toSorted()).toEqual([
    ['invited-0@example.com', true],
    ['invited-1@example.com', false],
    ['invited-2@example.com', false],
  ])
})
