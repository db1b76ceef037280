import type { Context } from './context.ts'
import { stagingBeside } from './scratch-place.ts'
import { openSession, type Session, type SessionOptions } from './session.ts'

/** Opens a session, works with it, and closes it. @throws FileError when what it stages finds no room */
export async function withSession<T>(
  options: SessionOptions,
  context: Context,
  lock: string | undefined,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(options, context, lock)
  try {
    return await stagingBeside(session.scratch, () => work(session))
  } finally {
    await session.close()
  }
}
