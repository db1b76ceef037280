import { GenericServerException, NotFoundException, RateLimitExceededException, WorkOS } from '@workos-inc/node'
import { afterEach, expect, test } from 'vitest'
import { type Subject, startSubject } from './harness.ts'

let subject: Subject
afterEach(() => subject.close())

async function sdk(options: Parameters<typeof startSubject>[0] = {}): Promise<WorkOS> {
  subject = await startSubject(options)
  const { hostname, port } = new URL(subject.url)
  return new WorkOS('sk_test_sdk', { apiHostname: hostname, port: Number(port), https: false, maxRetries: 0 })
}

test("WorkOS's own SDK migrates a user into an organization and reads everything back", async () => {
  const workos = await sdk()
  const organization = await workos.organizations.createOrganization({
    name: 'One',
    externalId: 'one',
    metadata: { tier: 'a' },
  })
  await workos.authorization.createEnvironmentRole({ slug: 'admin', name: 'Admin' })
  const user = await workos.userManagement.createUser({
    email: 'a@example.com',
    firstName: 'A',
    externalId: 'a',
    metadata: { plan: 'gold' },
    passwordHash: `$2b$10$${'a'.repeat(53)}`,
    passwordHashType: 'bcrypt',
  })
  const membership = await workos.userManagement.createOrganizationMembership({
    userId: user.id,
    organizationId: organization.id,
    roleSlugs: ['admin', 'member'],
  })
  expect(membership).toMatchObject({ status: 'active', role: { slug: 'member' }, organizationName: 'One' })
  expect(await workos.userManagement.getUserByExternalId('a')).toEqual(user)
  expect(await workos.organizations.getOrganizationByExternalId('one')).toEqual(organization)
  const updated = await workos.userManagement.updateUser({ userId: user.id, metadata: { plan: 'silver' } })
  expect(updated).toMatchObject({ firstName: 'A', externalId: 'a', metadata: { plan: 'silver' } })
  const list = await workos.userManagement.listOrganizationMemberships({
    userId: user.id,
    statuses: ['active', 'inactive'],
  })
  expect(list.data).toEqual([membership])
  expect((await workos.authorization.listEnvironmentRoles()).data.map(({ slug }) => slug)).toEqual(['member', 'admin'])
  await workos.userManagement.deleteUser(user.id)
  await expect(workos.userManagement.getUser(user.id)).rejects.toThrow(NotFoundException)
})

test('rejections reach the SDK as its exceptions for WorkOS', async () => {
  const workos = await sdk({ limits: { requests: { count: 3, perMs: 60_000 } } })
  const fields = { email: 'a@example.com' }
  await workos.userManagement.createUser(fields)
  const taken = await workos.userManagement.createUser(fields).catch((error: unknown) => error)
  expect(taken).toMatchObject({ status: 400, code: 'user_creation_error', errors: [{ code: 'email_not_available' }] })
  const hash = { email: 'b@example.com', passwordHash: 'x', passwordHashType: 'bcrypt' } as const
  const refused = await workos.userManagement.createUser(hash).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(GenericServerException)
  expect(refused).toMatchObject({ status: 400, rawData: { code: 'invalid_password_hash' } })
  const early = await workos.userManagement.createUser(fields).catch((error: unknown) => error)
  expect(early).toBeInstanceOf(RateLimitExceededException)
  expect(early).toMatchObject({ retryAfter: 60 })
})
