/**
 * Every failure a person can meet, in one table: code, HTTP status, what happened and what to do about it.
 * `{name}` is filled from the details a `PlatformError` was made with.
 */
import type { Language } from '../protocol/steps.ts'

interface Row {
  status: number
  message: string
  hint: string
  /** Where pages show the server's own words. */
  zh?: { message: string; hint: string }
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
  unknown_question: {
    status: 404,
    message: 'Step {step} has no question {check}.',
    hint: 'Reload the page: the chapter may have changed.',
  },
  step_not_begun: {
    status: 409,
    message: 'Step {step} has not begun, or is done.',
    hint: 'Open the step first; a step that is done can be reset.',
  },
  restoring: {
    status: 409,
    message: 'The cluster is just being brought to another state.',
    hint: 'Wait a moment, then try again.',
  },
  sandbox_not_ready: {
    status: 409,
    message: 'The cluster is not there yet.',
    hint: 'Wait until the sandbox is ready, then try again.',
  },
  no_snapshot: {
    status: 404,
    message: 'Nobody has recorded what step {step} begins with.',
    hint: 'Start the chapter over, or do the steps before; authors run `npx meshdojo lessons prove --record`.',
  },
  not_restored: {
    status: 503,
    message: 'The cluster could not be brought to that state: {detail}',
    hint: 'Try again; if it stays so, start over.',
  },
  unknown_terminal: {
    status: 404,
    message: '{terminal} is not a name for a terminal.',
    hint: 'Use lower-case letters, digits and dashes.',
  },
  terminal_closed: {
    status: 410,
    message: 'This terminal was closed.',
    hint: 'Open another.',
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
  not_signed_in: {
    status: 401,
    message: 'You are not signed in.',
    hint: 'Sign in, or send a token as `Authorization: Bearer …`.',
    zh: { message: '您尚未登录。', hint: '请先登录，或以 `Authorization: Bearer …` 发送令牌。' },
  },
  not_allowed: {
    status: 403,
    message: 'Your role does not allow this.',
    hint: "Ask the workshop's instructor or an admin.",
    zh: { message: '您的角色无权执行此操作。', hint: '请联系工作坊的讲师或管理员。' },
  },
  wrong_sign_in: {
    status: 403,
    message: 'Address or password is not right.',
    hint: 'Try again; an admin can set a new password.',
    zh: { message: '地址或密码不正确。', hint: '请重试；管理员可以重设密码。' },
  },
  wrong_code: {
    status: 403,
    message: 'This sign-in link is used up or too old.',
    hint: 'Ask for a new one; for the first sign-in restart the server.',
    zh: { message: '此登录链接已使用或已过期。', hint: '请索取新的链接；首次登录请重启服务器。' },
  },
  oidc_failed: {
    status: 502,
    message: "The organisation's sign-in did not work: {detail}",
    hint: 'Try again; an admin finds more in the server log.',
    zh: { message: '组织登录失败：{detail}', hint: '请重试；管理员可在服务器日志中查看详情。' },
  },
  locked_out: {
    status: 429,
    message: 'Too many wrong guesses.',
    hint: 'Wait {seconds} seconds, then try again.',
    zh: { message: '错误次数过多。', hint: '请等待 {seconds} 秒后重试。' },
  },
  too_many_requests: {
    status: 429,
    message: 'Too many requests from this address.',
    hint: 'Wait {seconds} seconds, then try again.',
    zh: { message: '来自此地址的请求过多。', hint: '请等待 {seconds} 秒后重试。' },
  },
  unknown_workshop: {
    status: 404,
    message: 'There is no such workshop.',
    hint: 'Choose one from the list.',
    zh: { message: '没有这个工作坊。', hint: '请从列表中选择。' },
  },
  unknown_seat: {
    status: 404,
    message: 'There is no such learner in this workshop.',
    hint: 'Reload the list.',
    zh: { message: '此工作坊中没有这位学员。', hint: '请刷新列表。' },
  },
  unknown_code: {
    status: 404,
    message: 'No workshop has this code.',
    hint: 'Compare it with the one on the screen, letter by letter.',
    zh: { message: '没有工作坊使用此加入码。', hint: '请与屏幕上的加入码逐字核对。' },
  },
  workshop_full: {
    status: 409,
    message: 'This workshop is full: all {seats} seats are taken.',
    hint: 'Ask the instructor for another seat; nothing is lost if you were here before: come back with your PIN or link.',
    zh: {
      message: '工作坊已满：{seats} 个座位均已占用。',
      hint: '请联系讲师增加座位；如果您之前来过，可用 PIN 或链接返回。',
    },
  },
  workshop_scheduled: {
    status: 409,
    message: 'This workshop has not opened yet.',
    hint: 'Come back when it opens; the instructor knows when.',
    zh: { message: '工作坊尚未开放。', hint: '请在开放后再来；具体时间请询问讲师。' },
  },
  workshop_closed: {
    status: 409,
    message: 'This workshop is closed.',
    hint: 'Ask the instructor to open it again, or learn on your own from the front page.',
    zh: { message: '工作坊已关闭。', hint: '请联系讲师重新开放，或从首页自学。' },
  },
  workshop_expired: {
    status: 410,
    message: 'This workshop has ended and its data is deleted.',
    hint: 'Learn on your own from the front page.',
    zh: { message: '工作坊已结束，数据已删除。', hint: '请从首页自学。' },
  },
  name_taken: {
    status: 409,
    message: 'Somebody with this name is here already.',
    hint: 'If it is you, give your PIN or use your link; otherwise add a letter.',
    zh: { message: '已有同名学员。', hint: '如果是您本人，请输入 PIN 或使用您的链接；否则请换一个名字。' },
  },
  pin_needed: {
    status: 400,
    message: 'This workshop asks for a PIN of 4 to 8 digits.',
    hint: 'Choose digits that you will remember.',
    zh: { message: '此工作坊需要 4 至 8 位数字的 PIN。', hint: '请选择便于记住的数字。' },
  },
  wrong_pin: {
    status: 403,
    message: 'This PIN is not right.',
    hint: 'Try again, or ask the instructor for a new one.',
    zh: { message: 'PIN 不正确。', hint: '请重试，或请讲师重设。' },
  },
  wrong_link: {
    status: 403,
    message: 'This link does not lead to a seat (any more).',
    hint: 'Join with the code, or ask the instructor for a new link.',
    zh: { message: '此链接已失效。', hint: '请用加入码加入，或向讲师索取新链接。' },
  },
  wrong_device_link: {
    status: 403,
    message: 'This link is used up or has expired.',
    hint: 'On the other device choose “Continue on another device” again, and open the new link within ten minutes.',
    zh: {
      message: '此链接已被使用或已过期。',
      hint: '请在另一台设备上再次选择“在其他设备上继续”，并在十分钟内打开新链接。',
    },
  },
  bad_name: {
    status: 400,
    message: 'This is no name: {detail}.',
    hint: 'Use letters of any script, up to 60.',
    zh: { message: '名字无效：{detail}。', hint: '请使用任意文字，最多 60 个字符。' },
  },
  not_on_roster: {
    status: 403,
    message: 'This name is not on the list of this workshop.',
    hint: 'Write it as on the list, or ask the instructor.',
    zh: { message: '名单上没有这个名字。', hint: '请按名单上的写法输入，或联系讲师。' },
  },
  seat_removed: {
    status: 403,
    message: 'The instructor has ended your seat in this workshop.',
    hint: 'Learn on your own from the front page.',
    zh: { message: '讲师已结束您在此工作坊的座位。', hint: '请从首页自学。' },
  },
  seat_muted: {
    status: 403,
    message: 'The instructor has muted you for now.',
    hint: 'Raise your hand instead.',
    zh: { message: '讲师已将您暂时禁言。', hint: '请改为举手。' },
  },
  step_locked: {
    status: 409,
    message: 'This step opens when the one before is passed.',
    hint: 'Go back to the step that is still open.',
    zh: { message: '完成前一个步骤后，此步骤才会开放。', hint: '请返回尚未完成的步骤。' },
  },
  sandbox_expired: {
    status: 410,
    message: 'The time of this sandbox is over.',
    hint: 'Ask the instructor to extend it.',
    zh: { message: '此沙箱的使用时间已到。', hint: '请联系讲师延长时间。' },
  },
  no_sandbox: {
    status: 409,
    message: 'This learner has no running sandbox.',
    hint: 'Try again when the learner is there.',
    zh: { message: '该学员没有正在运行的沙箱。', hint: '请在学员在线时重试。' },
  },
  typing_refused: {
    status: 403,
    message: 'The learner has not allowed you to type along.',
    hint: "Ask, and wait for the learner's consent.",
    zh: { message: '学员尚未允许您一起输入。', hint: '请先征得学员同意。' },
  },
  email_taken: {
    status: 409,
    message: 'There is an account with this address already.',
    hint: 'Change that one, or use another address.',
    zh: { message: '此地址已有账户。', hint: '请修改该账户，或使用其他地址。' },
  },
  last_admin: {
    status: 409,
    message: 'There must be at least one admin.',
    hint: 'Make another account admin first.',
    zh: { message: '至少需要一位管理员。', hint: '请先将另一个账户设为管理员。' },
  },
  unknown_account: {
    status: 404,
    message: 'There is no such account, token or webhook.',
    hint: 'Reload the list.',
    zh: { message: '没有此账户、令牌或网络钩子。', hint: '请刷新列表。' },
  },
  bad_webhook: {
    status: 400,
    message: 'This webhook cannot be used: {detail}.',
    hint: 'Give an http or https address of another machine.',
    zh: { message: '无法使用此网络钩子：{detail}。', hint: '请填写另一台机器的 http 或 https 地址。' },
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
  readonly details: Readonly<Record<string, string | number>>

  constructor(code: ErrorCode, details: Record<string, string | number> = {}, cause?: unknown) {
    const row: Row = errorTable[code]
    super(fill(row.message, details), cause === undefined ? undefined : { cause })
    this.name = 'PlatformError'
    this.code = code
    this.status = row.status
    this.hint = fill(row.hint, details)
    this.details = details
  }

  /** The body of REST errors and of `error` messages. */
  toBody(language: Language = 'en'): { code: string; message: string; hint: string } {
    const row: Row = errorTable[this.code]
    const words = language === 'zh' ? row.zh : undefined
    if (!words) return { code: this.code, message: this.message, hint: this.hint }
    return {
      code: this.code,
      message: fill(words.message, this.details),
      hint: fill(words.hint, this.details),
    }
  }
}

/** What is shown to a person for anything thrown: unknown failures do not leak their text. */
export const asPlatformError = (error: unknown): PlatformError =>
  error instanceof PlatformError ? error : new PlatformError('internal', {}, error)

function fill(text: string, details: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole))
}
