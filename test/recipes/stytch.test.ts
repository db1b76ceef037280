import { expect, test } from 'vitest'
import { tried } from '../tried.ts'
import { migrate } from './example.ts'
import { expectPasswords, type Known } from './passwords.ts'

const PASSWORDS: readonly Known[] = [
  [
    'ada@acme.example',
    'averylongandunguessablepassword',
    '$scrypt$v=1$n=32768,r=8,p=1,kl=32$UDJ5WDRrV3kxUllockhIWlJnVk4tWGpfSFlXYnRBPT0$TC1QkFsWXCKL9mrzr1Br/EfE/u13cFtUlEbyBtQa/+Y',
  ],
  [
    'bjorn@acme.example',
    'bjorn-has-two-hats',
    '$scrypt$v=1$n=32768,r=8,p=1,kl=32$VkdiM2VBTXZtZ1BQTk5fVHdZNUxDTkxsd2JlZGd3PT0$q3PKVr5QJObfD9f8BiUIwI/LbFRuSGxREaWS+lXar7g',
  ],
]

test(
  tried('Stytch', 'members of the API (JSON) and password file (CSV)', 'lines before the header, Base64 for URLs'),
  async () => {
    const found = await migrate('examples/stytch')
    expectPasswords(found, PASSWORDS)
    expect(found.people).toMatchObject({
      'ada@acme.example': { name: 'Ada Ampersand', verified: true, metadata: { plan: 'pro' } },
      'bjorn@acme.example': { name: 'Björn Beispiel' },
      'chloe@borealis.example': { name: 'Chloé Comma', verified: false, password: null },
      'dmitri@borealis.example': { name: 'Dmitri Dummy', verified: false },
    })
    expect(found.people['ada@acme.example']?.metadata).not.toHaveProperty('theme')
    expect(Object.keys(found.people)).toHaveLength(4)
    expect(found.organizations).toMatchObject([
      { name: 'Acme Anvils', metadata: { tier: 'gold' } },
      { name: 'Borealis Outfitters', metadata: { tier: 'silver' } },
    ])
    expect(found.memberships).toEqual([
      'ada@acme.example in Acme Anvils: admin',
      'ada@acme.example in Borealis Outfitters: member',
      'bjorn@acme.example in Acme Anvils: member',
      'chloe@borealis.example in Borealis Outfitters: admin',
      'dmitri@borealis.example in Borealis Outfitters: member',
    ])
    expect(found).toMatchObject({ rejects: [], notes: ['user password_reset_required md5 1'], leftOut: 1 })
  },
)
