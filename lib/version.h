/* The version of the tools, which --version prints. */
#ifndef BHYVE_VERSION
#define BHYVE_VERSION "0.1"
#endif
