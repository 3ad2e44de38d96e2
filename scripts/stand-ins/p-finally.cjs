// Stands for `p-finally` in the bee-queue that is shipped: every promise has it since.
module.exports = (promise, work) => promise.finally(work);
