/** What a learner reads while the sandbox starts, in every language. */
import type { Localized } from '../../protocol/lesson.ts'
import type { PlatformError } from '../errors.ts'

export const provisioningTexts = {
  cluster: { en: 'Starting your cluster', zh: '正在启动你的集群' },
  lost: { en: 'The cluster stopped; bringing it back', zh: '集群已停止，正在恢复' },
  namespace: { en: 'Preparing your namespace', zh: '正在准备你的命名空间' },
  workloads: { en: 'Starting the services', zh: '正在启动服务' },
  ready: { en: 'Ready', zh: '已就绪' },
  asleep: {
    en: 'The sandbox sleeps to save memory; type in the terminal to wake it',
    zh: '沙箱已休眠以节省内存；在终端中按任意键即可唤醒',
  },
} as const satisfies Record<string, Localized>

/** `4 of 7 started`. */
export const startedText = (ready: number, total: number): Localized => ({
  en: `Starting the services: ${ready} of ${total} ready`,
  zh: `正在启动服务：${ready}/${total} 已就绪`,
})

/** Why there is none, in the words of the refusal. */
export const refusedText = (refusal: PlatformError): Localized => ({
  en: `${refusal.message} ${refusal.hint}`,
  zh: `${refusal.toBody('zh').message}${refusal.toBody('zh').hint}`,
})

/** Why it failed and what to do. */
export const failedText = (reason: string): Localized => ({
  en: `The sandbox could not be started: ${reason}. Try again; if it stays so, run "npx meshdojo doctor".`,
  zh: `沙箱无法启动：${reason}。请重试；如果仍然失败，请运行 "npx meshdojo doctor"。`,
})
