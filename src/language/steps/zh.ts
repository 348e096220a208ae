/** 步骤中的问题，以及恢复集群的相关文字。 */
import type { stepsEn } from './en.ts'

export const stepsZh: Record<keyof typeof stepsEn, string> = {
  several: '正确答案不止一个。',
  reset: '重置本步骤',
  jump: '跳到本步骤',
  startOver: '重新开始',
  cancel: '取消',
  lost: '将会丢失',
  kept: '你的文件和终端保持不变。',
  resetTitle: '重置“{title}”？',
  resetText: '集群将恢复到本步骤开始时的状态，本步骤重新开始。',
  resetLoses: '本步骤开始以来你创建、修改或删除的所有对象',
  resetLosesTicks: '本步骤已通过的检查和已作的回答',
  jumpTitle: '跳到“{title}”？',
  jumpText: '集群将变为完成前面各步骤参考答案后的状态。前面尚未完成的步骤记为已跳过。',
  jumpLoses: '你自己创建、但参考答案不会创建的所有对象',
  jumpLosesSteps: '本步骤及其后 {count} 个步骤的进度：已通过的检查、回答和已打开的提示',
  startOverTitle: '重新开始本章？',
  startOverText: '集群将恢复到本章开始时的状态，第一个步骤重新开始。',
  startOverLoses: '你在本章中创建、修改或删除的所有对象',
  startOverLosesSteps: '你的进度：{total} 个步骤中已完成的 {passed} 个，及其用时、回答和已打开的提示',
  restoring: '正在恢复集群…… {seconds} 秒',
  restored: '集群已恢复，用时 {seconds} 秒。',
  notRestored: '集群未能恢复。',
  notConnected: '当前与服务器没有连接，请稍后再试。',
}
