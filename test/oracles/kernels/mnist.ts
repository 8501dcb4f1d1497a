/**
 * @file Kernels of the CNN-GP architectures between MNIST images (kernels.md §6.3): float64 numpy with the acos form, independent
 * of every polynomial. Rows are the images 0, 1 and 5000 of the training file and 0, 1 of the test file.
 */

/** Rows of the training file, then of the test file. */
export const mnistRows = { train: [0, 1, 5000], test: [0, 1] } as const;

/** Sums of the pixels of those images, 0 to 255: they tell whether the data are the same. */
export const mnistPixelSums = [27525, 31095, 30871, 18454, 28850];

/** A symmetric matrix from its lower triangle. */
function symmetric(lower: readonly (readonly number[])[]): readonly (readonly number[])[] {
  return lower.map((_, i) => lower.map((__, j) => lower[Math.max(i, j)]![Math.min(i, j)]!));
}

/** By the name of the network in `examples`. */
export const mnistKernels: Readonly<Record<string, readonly (readonly number[])[]>> = {
  "resnet-gp": symmetric([
    [0.2988383565184584],
    [0.26836574867351437, 0.3458190782950773],
    [0.25161773148290584, 0.27026897025381275, 0.34819160264360755],
    [0.19691707279555107, 0.20331820394938074, 0.21118242168248239, 0.19139176127101254],
    [0.2444687675152357, 0.25959595196215085, 0.25156018204873204, 0.18080552203134406, 0.3159295664014876],
  ]),
  "convnet-gp": symmetric([
    [2599829404651.674],
    [2409421795109.7085, 2884854169799.6914],
    [2328861743547.582, 2443931787157.818, 2924420960553.2935],
    [1955373827202.3503, 2022040542924.062, 2077993399747.9124, 1931171999158.9414],
    [2251919635833.919, 2355320497873.928, 2339266662300.97, 1902911010920.7488, 2680470943390.3555],
  ]),
  "residual-cnn-gp": symmetric([
    [8193750158311350.0],
    [7615827005811278.0, 9140991351937702.0],
    [7309776607142196.0, 7717540520601107.0, 9293993604013502.0],
    [6202371257967468.0, 6413692113604324.0, 6534760300252321.0, 6158075489234855.0],
    [7051421117728821.0, 7369580849423333.0, 7329701487109768.0, 5875491538598115.0, 8419409861004177.0],
  ]),
};
