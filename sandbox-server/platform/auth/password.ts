/** Passwords and PINs are kept as argon2id hashes, in the usual text form, so that costs can be raised later. */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'

interface Cost {
  memoryKib: number
  passes: number
  parallelism: number
}

/** OWASP's first choice for argon2id: 19 MiB, 2 passes. */
const COST: Cost = { memoryKib: 19_456, passes: 2, parallelism: 1 }
const SALT_BYTES = 16
const TAG_BYTES = 32
/** Each takes its memory: a hundred that sign in at once wait for each other. */
const AT_ONCE = 2

/** `$argon2id$v=19$m=…,t=…,p=…$SALT$TAG` */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const tag = await inTurn(() => derive(password, salt, COST, TAG_BYTES))
  const { memoryKib, passes, parallelism } = COST
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$${text(salt)}$${text(tag)}`
}

/** Without a hash it takes as long, so that nobody learns who has an account. */
export async function verifyPassword(password: string, hash: string | null): Promise<boolean> {
  const parsed = parse(hash ?? (await nobody()))
  if (!parsed) return false
  const tag = await inTurn(() => derive(password, parsed.salt, parsed.cost, parsed.tag.length))
  return timingSafeEqual(tag, parsed.tag) && hash !== null
}

let nobodysHash: Promise<string> | undefined
const nobody = (): Promise<string> => {
  nobodysHash ??= hashPassword(randomBytes(16).toString('hex'))
  return nobodysHash
}

const FORM = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

function parse(hash: string): { salt: Buffer; tag: Buffer; cost: Cost } | undefined {
  const [, memoryKib, passes, parallelism, salt, tag] = FORM.exec(hash) ?? []
  if (salt === undefined || tag === undefined) return undefined
  return {
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
    cost: { memoryKib: Number(memoryKib), passes: Number(passes), parallelism: Number(parallelism) },
  }
}

function derive(password: string, salt: Buffer, cost: Cost, tagLength: number): Promise<Buffer> {
  const { memoryKib, passes, parallelism } = cost
  const options = {
    message: password.normalize('NFC'),
    nonce: salt,
    memory: memoryKib,
    passes,
    parallelism,
    tagLength,
  }
  return new Promise((resolve, reject) =>
    argon2('argon2id', options, (error, tag) => (error ? reject(error) : resolve(tag))),
  )
}

const text = (data: Buffer): string => data.toString('base64').replace(/=+$/, '')

let running = 0
const waiting: (() => void)[] = []

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  // Whoever ends hands its place on, so that nobody new slips in between.
  if (running >= AT_ONCE) await new Promise<void>(resolve => waiting.push(resolve))
  else running++
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}
