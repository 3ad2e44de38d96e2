// Stands for the client `redis` in the bee-queue that is shipped: Skep always gives it a client of its own.
exports.createClient = () => {
  throw new Error('the shipped bee-queue works with the client that it is given');
};
