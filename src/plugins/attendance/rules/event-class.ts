// Which BioStar events are attendance: the class is the high byte of the event's code.
const classMask = 0xff00;

/** Verify success, identify success, and both of them under duress. */
const attendance = new Set([0x1000, 0x1300, 0x1200, 0x1500]);
const duress = new Set([0x1200, 0x1500]);

/** True for an event that counts as a tap. */
export function isAttendance(eventCode: number): boolean {
  return attendance.has(eventCode & classMask);
}

/** True for an attendance event that was given under duress. */
export function isDuress(eventCode: number): boolean {
  return duress.has(eventCode & classMask);
}
