/**
 * Every failure a person can meet, in one table: code, HTTP status, what happened and what to do about it.
 * `{name}` is filled from the details a `PlatformError` was made with.
 */
interface Row {
  status: number
  message: string
  hint: string
}

export const errorTable = {
  no_session: {
    status: 401,
    message: 'This browser has no session.',
    hint: 'Reload the page; cookies must be allowed for this address.',
  },
  origin_refused: {
    status: 403,
    message: 'A page of {origin} may not connect to this server.',
    hint: 'Open the course at the address that the server printed.',
  },
  too_many_sessions: {
    status: 429,
    message: 'Too many new sessions from this address.',
    hint: 'Wait a minute, then reload the page.',
  },
  not_found: {
    status: 404,
    message: 'There is nothing at {path}.',
    hint: 'Start again from the front page.',
  },
  unknown_chapter: {
    status: 404,
    message: 'There is no chapter {chapter}.',
    hint: 'Choose a chapter from the list.',
  },
  unknown_step: {
    status: 404,
    message: 'This chapter has no step {step}.',
    hint: 'Reload the page: the chapter may have changed.',
  },
  unknown_hint: {
    status: 404,
    message: 'Step {step} has no further hint.',
    hint: 'Show the solution if you are stuck.',
  },
  unknown_terminal: {
    status: 404,
    message: '{terminal} is not a name for a terminal.',
    hint: 'Use lower-case letters, digits and dashes.',
  },
  too_many_terminals: {
    status: 429,
    message: 'There are already {count} terminals.',
    hint: 'Close one, then open another.',
  },
  terminal_busy: {
    status: 409,
    message: 'A command is still running in this terminal.',
    hint: 'Stop it with Ctrl-C, then run the solution again.',
  },
  bad_message: {
    status: 400,
    message: 'The server did not understand a message of this page: {detail}.',
    hint: 'Reload the page.',
  },
  message_too_big: {
    status: 413,
    message: 'A message was larger than {limit} bytes.',
    hint: 'Paste less at once.',
  },
  bad_request: {
    status: 400,
    message: 'The request was not understood: {detail}.',
    hint: 'Reload the page.',
  },
  site_not_built: {
    status: 503,
    message: 'The site has not been built yet.',
    hint: 'Run `npm start`, or `npm run build` and reload.',
  },
  sandbox_failed: {
    status: 503,
    message: 'The sandbox could not be started: {detail}',
    hint: 'Try again; if it stays so, run `npx meshdojo doctor`.',
  },
  port_in_use: {
    status: 500,
    message: 'Port {port} on {host} is already in use.',
    hint: 'Choose another with --port, or stop the program that uses it.',
  },
  cannot_listen: {
    status: 500,
    message: 'Cannot listen on {host}:{port}: {detail}.',
    hint: 'Choose another address with --host and --port.',
  },
  store_unavailable: {
    status: 503,
    message: 'The progress store cannot be opened: {detail}',
    hint: 'Check --data (a folder this user may write, used by one server only) or --database-url.',
  },
  internal: {
    status: 500,
    message: 'The server made a mistake.',
    hint: 'Try again; the server log says more.',
  },
} as const satisfies Record<string, Row>

export type ErrorCode = keyof typeof errorTable

/** A failure out of the table; `details` fill the placeholders of its message. */
export class PlatformError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly hint: string

  constructor(code: ErrorCode, details: Record<string, string | number> = {}, cause?: unknown) {
    const row = errorTable[code]
    super(fill(row.message, details), cause === undefined ? undefined : { cause })
    this.name = 'PlatformError'
    this.code = code
    this.status = row.status
    this.hint = row.hint
  }

  /** The body of REST errors and of `error` messages. */
  toBody(): { code: string; message: string; hint: string } {
    return { code: this.code, message: this.message, hint: this.hint }
  }
}

/** What is shown to a person for anything thrown: unknown failures do not leak their text. */
export const asPlatformError = (error: unknown): PlatformError =>
  error instanceof PlatformError ? error : new PlatformError('internal', {}, error)

function fill(text: string, details: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole))
}
