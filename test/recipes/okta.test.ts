import { expect, test } from 'vitest'
import { tried } from '../tried.ts'
import { migrate } from './example.ts'

test(
  tried(
    'Okta',
    'users of the API, saved as JSON',
    'deprovisioned users, organizations from the profile, roles from groups',
  ),
  async () => {
    const found = await migrate('examples/okta')
    expect(found.people).toEqual({
      'ada@acme.example': {
        name: 'Ada Ampersand',
        verified: true,
        externalId: '00ufgloeuqdvbfe2mg2o',
        metadata: { department: 'Forge', login: 'ada@acme.example', phone: '+15550100001', provider: 'OKTA' },
        password: null,
      },
      'bjorn@acme.example': {
        name: 'Björn Beispiel',
        verified: true,
        externalId: '00uinsfcfzx7h9m6sf6e',
        metadata: { login: 'bjorn', provider: 'OKTA' },
        password: null,
      },
      'chloe@borealis.example': {
        name: 'Chloé Comma',
        verified: true,
        externalId: '00urwitasalg8aruj0du',
        metadata: { login: 'chloe@borealis.example', provider: 'ACTIVE_DIRECTORY' },
        password: null,
      },
      'dmitri@acme.example': {
        name: 'Dmitri Dummy',
        verified: false,
        externalId: '00u0y2tdxsqe6yn10cwg',
        metadata: { login: 'dmitri@acme.example', provider: 'OKTA' },
        password: null,
      },
      'greta@example.com': {
        name: 'Greta Glyph',
        verified: true,
        externalId: '00uf065kq9kqlsf348z6',
        metadata: { login: 'greta@example.com', provider: 'OKTA' },
        password: null,
      },
    })
    expect(found.organizations.map(({ name, externalId }) => `${externalId} ${name}`)).toEqual([
      'acme-anvils Acme Anvils',
      'borealis-outfitters Borealis Outfitters',
    ])
    expect(found.memberships).toEqual([
      'ada@acme.example in Acme Anvils: admin',
      'bjorn@acme.example in Acme Anvils: member',
      'chloe@borealis.example in Borealis Outfitters: admin',
      'dmitri@acme.example in Acme Anvils: member',
    ])
    expect(found).toMatchObject({ rejects: [], notes: [], leftOut: 2 })
  },
)
