/** @file The files of CIFAR-10's binary version, by name. */

/** As it is downloaded. */
export const CIFAR10_ARCHIVE = "cifar-10-binary.tar.gz";
/** What the archive unpacks to. */
export const CIFAR10_FOLDER = "cifar-10-batches-bin";
export const CIFAR10_TRAIN: readonly string[] = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`);
export const CIFAR10_TEST = "test_batch.bin";
export const CIFAR10_FILES: readonly string[] = [...CIFAR10_TRAIN, CIFAR10_TEST];
