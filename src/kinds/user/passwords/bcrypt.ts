import { type HashVerdict, SOUND } from './verdict.ts'

const SHAPE = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/

/** bcrypt in its usual 60 characters, cost 4 to 31. */
export function checkBcrypt(hash: string): HashVerdict {
  const cost = Number(SHAPE.exec(hash)?.[1])
  if (cost >= 4 && cost <= 31) return SOUND
  return { kind: 'malformed', expected: '60 characters that start with $2a$, $2b$ or $2y$ and a cost, like $2b$10$…' }
}
