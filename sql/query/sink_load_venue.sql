SELECT epoch, generation, settle_us FROM venue WHERE venue = $1
